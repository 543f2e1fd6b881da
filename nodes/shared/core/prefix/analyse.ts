import type { BreakCause } from './cause';
import { causeOf } from './cause';
import type { OutlineLine } from './outline';

export interface PrefixAnalysis {
	/** Calls compared, the present one included. */
	calls: number;
	/** Number of leading lines that were the same in all of them. */
	stableLines: number;
	/** Where the prefix ends, or null where the whole request was the same. */
	brokenBy: { path: string; cause: BreakCause; excerpt: string } | null;
	/** The end is where it should be: in the last message. */
	endsInLastMessage: boolean;
}

const excerptLength = 80;

/**
 * Compares a request with earlier ones of the same prompt, line by line from the beginning.
 * @param current its fingerprint
 * @param earlier theirs
 */
export function analysePrefix(
	lines: readonly OutlineLine[],
	current: readonly string[],
	earlier: ReadonlyArray<readonly string[]>,
): PrefixAnalysis {
	const stableLines = earlier.reduce(
		(count, before) => Math.min(count, commonLines(current, before)),
		lines.length,
	);
	const broken = lines[stableLines];
	const lastPath = lines.at(-1)?.path;
	const endsInLastMessage = broken === undefined || broken.path === lastPath;
	return {
		calls: earlier.length + 1,
		stableLines,
		brokenBy:
			broken === undefined
				? null
				: {
						path: broken.path,
						cause: causeAt(broken, current, earlier, endsInLastMessage),
						excerpt: broken.text.slice(0, excerptLength),
					},
		endsInLastMessage,
	};
}

function commonLines(a: readonly string[], b: readonly string[]): number {
	const end = Math.min(a.length, b.length);
	for (let index = 0; index < end; index += 1) if (a[index] !== b[index]) return index;
	return end;
}

function causeAt(
	broken: OutlineLine,
	current: readonly string[],
	earlier: ReadonlyArray<readonly string[]>,
	endsInLastMessage: boolean,
): BreakCause {
	if (broken.path.startsWith('tools[')) {
		const before = earlier.find((lines) => tools(lines) !== tools(current)) ?? earlier[0];
		const isSameSet = before !== undefined && sortedTools(before) === sortedTools(current);
		return isSameSet ? 'tool order' : 'tools changed';
	}
	return endsInLastMessage ? 'user message' : causeOf(broken.text);
}

function toolHashes(lines: readonly string[]): string[] {
	return lines.filter((line) => line.startsWith('tools[')).map((line) => line.split(' ')[1] ?? '');
}

const tools = (lines: readonly string[]): string => toolHashes(lines).join(' ');
const sortedTools = (lines: readonly string[]): string => toolHashes(lines).sort().join(' ');
