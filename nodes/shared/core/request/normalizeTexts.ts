import type { Json } from '../json';

/** Unifies Unicode (NFC) and folds runs of white space in every text of a request; names of fields stay. */
export function normalizeTexts(value: Json): Json {
	if (typeof value === 'string') return value.normalize('NFC').replace(/\s+/g, ' ').trim();
	if (Array.isArray(value)) return value.map(normalizeTexts);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, part]) => [name, normalizeTexts(part)]),
	);
}
