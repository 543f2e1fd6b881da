/** What kind of single slip turns one word into the other. */
export type Slip = 'transposed' | 'doubled' | 'dropped' | 'replaced';

/** The single slip between two folded words, or null when they differ by more than one. */
export function slipBetween(a: string, b: string): Slip | null {
	if (a === b) return null;
	const [short, long] = a.length <= b.length ? [a, b] : [b, a];
	if (long.length - short.length > 1) return null;
	let head = 0;
	while (head < short.length && short[head] === long[head]) head++;
	if (head < short.length - 2 && short.at(-1) !== long.at(-1)) return null;
	if (short.length === long.length) {
		if (short.slice(head + 1) === long.slice(head + 1)) return 'replaced';
		const swapped = short[head] === long[head + 1] && short[head + 1] === long[head];
		return swapped && short.slice(head + 2) === long.slice(head + 2) ? 'transposed' : null;
	}
	if (short.slice(head) !== long.slice(head + 1)) return null;
	return long[head] === long[head - 1] || long[head] === long[head + 1] ? 'doubled' : 'dropped';
}

/** Endings and beginnings that make another word of the same shape: `nitrite`, `nitrate`; `ad-`, `ab-`. */
const MEANINGFUL_ENDING =
	/(?:i[td]e|ate|[ao]se|[aeiyo]ne|[aeo]l|[iy]l|e[ure]|ant|ent|i[cv]e?|[aeo]n?)$/;
const MEANINGFUL_BEGINNING = /^(?:a[bdfn]|e[mnx]|i[mnlr]|p[er]|hyp[eo]|int[er]|end|ex)/;

function changesMeaning(a: string, b: string): boolean {
	const endA = MEANINGFUL_ENDING.exec(a)?.[0];
	const endB = MEANINGFUL_ENDING.exec(b)?.[0];
	if (endA !== undefined && endB !== undefined && endA !== endB) return true;
	const beginA = MEANINGFUL_BEGINNING.exec(a)?.[0];
	const beginB = MEANINGFUL_BEGINNING.exec(b)?.[0];
	return beginA !== undefined && beginB !== undefined && beginA !== beginB;
}

/**
 * Whether the two words are one word with a typing slip. Numbers never are; a slip that gives
 * another real word (`costs`, `coasts`) is not one; short words must be equal.
 */
export function isTypo(a: string, b: string, known: (word: string) => boolean): boolean {
	if (a.length < 4 || b.length < 4 || Math.abs(a.length - b.length) > 2) return false;
	if (/\d/.test(a) || /\d/.test(b)) return false;
	const slip = slipBetween(a, b);
	if (slip === null) return isDoubleSlip(a, b, known);
	const knownA = known(a);
	const knownB = known(b);
	if (knownA && knownB) return false;
	if (slip === 'transposed' || slip === 'doubled') return true;
	if (!knownA && !knownB)
		return slip === 'dropped' && Math.max(a.length, b.length) > 5 && sameEnds(a, b);
	if (slip === 'dropped') return sameEnds(a, b) || a.length > 5;
	return a.length > 4 && sameEnds(a, b) && !changesMeaning(a, b);
}

function sameEnds(a: string, b: string): boolean {
	return a[0] === b[0] && a.at(-1) === b.at(-1);
}

/** Two slips in a long word, one side of which is no word at all. */
function isDoubleSlip(a: string, b: string, known: (word: string) => boolean): boolean {
	if (Math.min(a.length, b.length) < 8 || !sameEnds(a, b) || known(a) === known(b)) return false;
	if (changesMeaning(a, b)) return false;
	const [wrong, right] = known(a) ? [b, a] : [a, b];
	for (let i = 1; i < wrong.length - 1; i++) {
		const fixed = wrong.slice(0, i) + wrong[i + 1] + wrong[i] + wrong.slice(i + 2);
		const slip = slipBetween(fixed, right);
		if (slip !== null && slip !== 'replaced') return true;
	}
	return false;
}
