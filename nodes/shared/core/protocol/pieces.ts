const LONGEST_WORD = 24;
const MOST_PIECES = 512;

/** Cuts a text as a model would say it, word by word; the pieces joined are the text again. */
export function piecesOf(text: string): string[] {
	if (text === '') return [];
	const words = text.match(new RegExp(`\\s*\\S{1,${LONGEST_WORD}}|\\s+$`, 'gu')) ?? [text];
	if (words.length <= MOST_PIECES) return words;
	const perPiece = Math.ceil(words.length / MOST_PIECES);
	const pieces: string[] = [];
	for (let at = 0; at < words.length; at += perPiece) {
		pieces.push(words.slice(at, at + perPiece).join(''));
	}
	return pieces;
}
