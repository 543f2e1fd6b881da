/** What a list of answers begins with: "A. …", "(b) …", "c) …". */
const LETTER = /^[\s\-*]*\(?([a-j])[.):](?:\s|$)/;
/** The letter of the next answer at the end of a piece, where the answers stand in one line. */
const NEXT_LETTER = /\s\(?([b-j])[.)]\s*$/;
/** Several answers in one piece: "a) red b) blue c) green". */
const IN_ONE_PIECE = [/(?:^|\s)\(?a[.)] \S/, /\s\(?b[.)] \S/, /\s\(?c[.)] \S/];
const LIST_LABEL =
	/^\s*(?:options?|choices|answers|answer choices|propositions?|choix|reponses|optionen|antworten|antwortmoglichkeiten|opciones|respuestas)\s*:\s*$/;
/** How many pieces an answer may have before the next letter must come. */
const REACH = 4;

/** Where the answers of a multiple-choice question stand among the pieces of a prompt. */
export interface OptionRange {
	/** The piece that asks. */
	stem: number;
	/** First and last piece that belong to the answers. */
	from: number;
	to: number;
}

/**
 * Finds the answers "A", "B", … that a prompt gives to choose from.
 * @param pieces folded lines and sentences in their order
 */
export function findOptions(pieces: ReadonlyArray<{ text: string }>): OptionRange | undefined {
	for (let from = 1; from < pieces.length; from++) {
		const { text } = pieces[from]!;
		const inside = countInside(text);
		if (inside < 2 && LETTER.exec(text)?.[1] !== 'a') continue;
		const list = inside > 1 ? { to: from, count: inside } : readList(pieces, from);
		const label = LIST_LABEL.test(pieces[from - 1]!.text) && from > 1;
		// Two lettered pieces under a sentence are as likely two parts of a task.
		const asks = label || pieces[from - 1]!.text.trimEnd().endsWith('?');
		if (list.count < (asks ? 2 : 3)) continue;
		const { to } = list;
		return { stem: from - (label ? 2 : 1), from: from - (label ? 1 : 0), to };
	}
	return undefined;
}

/** How many answers stand in one piece; of more than three only three are counted. */
function countInside(text: string): number {
	const first = IN_ONE_PIECE[0]!.exec(text);
	if (!first) return 0;
	const rest = text.slice(first.index);
	if (!IN_ONE_PIECE[1]!.test(rest)) return 1;
	return IN_ONE_PIECE[2]!.test(rest) ? 3 : 2;
}

function readList(
	pieces: ReadonlyArray<{ text: string }>,
	from: number,
): { to: number; count: number } {
	let last = from;
	let letter = 'a'.charCodeAt(0);
	for (let i = from; i < pieces.length && i <= last + REACH; i++) {
		const { text } = pieces[i]!;
		const found = (i > from && LETTER.exec(text)?.[1]) || NEXT_LETTER.exec(text)?.[1];
		if (found?.charCodeAt(0) !== letter + 1) continue;
		letter++;
		last = i;
	}
	// A letter that stands alone has its answer in the piece after it.
	const { text } = pieces[last]!;
	const isAlone = text.trim().length <= 3 || NEXT_LETTER.test(text);
	return {
		to: Math.min(pieces.length - 1, isAlone ? last + 1 : last),
		count: letter + 1 - 'a'.charCodeAt(0),
	};
}
