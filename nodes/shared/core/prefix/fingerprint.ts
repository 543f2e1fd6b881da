import { isObject } from '../usage/json';
import type { OutlineLine } from './outline';

/** What is remembered of a request: a hash of each line, as it was and reordered; no text. */
export interface PromptNote {
	atMs: number;
	now: string[];
	better: string[];
}

/** Place and hash of each line. */
export function fingerprint(lines: readonly OutlineLine[]): string[] {
	return lines.map(({ path, text }) => `${path} ${hash(text)}`);
}

/** @returns null when the text is no note */
export function readNote(text: string): PromptNote | null {
	try {
		const value: unknown = JSON.parse(text);
		if (!isObject(value) || typeof value.atMs !== 'number') return null;
		if (!Array.isArray(value.now) || !Array.isArray(value.better)) return null;
		return { atMs: value.atMs, now: value.now.map(String), better: value.better.map(String) };
	} catch {
		return null;
	}
}

/** FNV-1a over UTF-16 units, in two halves: enough to tell lines of one prompt apart. */
function hash(text: string): string {
	let [low, high] = [0x811c9dc5, 0x01000193];
	for (let index = 0; index < text.length; index += 1) {
		const unit = text.charCodeAt(index);
		low = Math.imul(low ^ unit, 0x01000193);
		high = Math.imul(high ^ (unit + index), 0x85ebca6b);
	}
	return (low >>> 0).toString(36) + (high >>> 0).toString(36);
}
