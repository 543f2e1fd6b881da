const WORDS_A_PIECE = 3;

/**
 * The text in pieces as a model would stream it: a few words each, spaces kept, no character split.
 * Joined they are the text again.
 */
export function streamPieces(text: string): string[] {
	const words = text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? [];
	const pieces: string[] = [];
	for (let at = 0; at < words.length; at += WORDS_A_PIECE) {
		pieces.push(...bounded(words.slice(at, at + WORDS_A_PIECE).join('')));
	}
	return pieces;
}

const LONGEST_PIECE = 60;

/** Texts without spaces (Chinese, base64) come in pieces of bounded length. */
function bounded(piece: string): string[] {
	if (piece.length <= LONGEST_PIECE) return [piece];
	const characters = [...piece];
	const parts: string[] = [];
	for (let at = 0; at < characters.length; at += LONGEST_PIECE) {
		parts.push(characters.slice(at, at + LONGEST_PIECE).join(''));
	}
	return parts;
}
