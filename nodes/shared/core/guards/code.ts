import { fold } from '../semantic/fold';
import type { Guard } from './guard';

const CODE =
	/```[\s\S]*?```|`[^`\n]+`|(?<=^|\s)--?[A-Za-z][\w-]*|[\w.$]+\((?:[^)\n]{0,80}[^\p{L}\s)][^)\n]{0,80})?\)|[A-Za-z]+_[\w]+|(?<=^|\s)[~.]?\/[\w./*-]+|[{}[\];=<>]{2,}/gu;

function codeParts(text: string): string[] {
	return (text.match(CODE) ?? []).map((part) => part.replace(/\s+/g, ' ').trim());
}

/** Code, flags, paths and calls must be the same to the letter, unless a whole prompt changed case. */
export const codeGuard: Guard = ({ a, b }) => {
	const partsA = codeParts(a.text);
	const partsB = codeParts(b.text);
	const uniform = a.letterCase !== 'mixed' || b.letterCase !== 'mixed';
	const bare = a.plainLetters !== b.plainLetters;
	const plain = (part: string): string => {
		const cased = uniform ? part.toLowerCase() : part;
		return (bare ? fold(cased) + (uniform ? '' : cased.replace(/\P{Lu}/gu, '')) : cased).replace(
			/["']/g,
			'"',
		);
	};
	if (/```/.test(a.text) !== /```/.test(b.text)) return 'code: only one side has a code block';
	for (let k = 0; k < Math.max(partsA.length, partsB.length); k++) {
		const x = partsA[k];
		const y = partsB[k];
		if (x !== undefined && y !== undefined && plain(x) === plain(y)) continue;
		if (x !== undefined && y !== undefined && !/[_()/-]|```/.test(x + y)) continue;
		const cut = (part: string | undefined): string => (part ?? 'nothing').slice(0, 40);
		return `code: '${cut(x)}' became '${cut(y)}'`;
	}
	return null;
};
