const LONGEST_WORD = 100;
const LONGEST_PIECE = 18;

/** Splits text as an uncased BERT does before its vocabulary: words and single signs, no accents. */
export function splitWords(text: string): string[] {
	const plain = text
		.toLowerCase()
		.normalize('NFD')
		.replace(/\p{Mn}+/gu, '');
	return plain.match(/[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu) ?? [];
}

/** Rows of the word pieces of one word, longest piece first; an unknown word has none. */
export function piecesOf(word: string, rows: ReadonlyMap<string, number>): number[] {
	const whole = rows.get(word);
	if (whole !== undefined) return [whole];
	if (word.length > LONGEST_WORD) return [];
	const pieces: number[] = [];
	let start = 0;
	while (start < word.length) {
		let end = Math.min(word.length, start + LONGEST_PIECE);
		let row: number | undefined;
		for (; end > start; end--) {
			const piece = start === 0 ? word.slice(0, end) : `##${word.slice(start, end)}`;
			row = rows.get(piece);
			if (row !== undefined) break;
		}
		if (row === undefined) return [];
		pieces.push(row);
		start = end;
	}
	return pieces;
}
