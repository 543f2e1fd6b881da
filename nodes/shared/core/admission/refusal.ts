/**
 * Openings of answers in which a model declines, in English, French, German and Spanish.
 * Only the beginning is looked at: a long answer that mentions an apology is no refusal.
 */
const REFUSALS: readonly RegExp[] = [
	/^(i['’]?m|i am) (sorry|unable|not able)\b.{0,60}\b(can['’]?t|cannot|unable|not able|won['’]?t)\b/i,
	/^(i['’]?m|i am) (unable|not able) to\b/i,
	/^(sorry|unfortunately|i apologi[sz]e)[,.!]?[^.!?]{0,40}\b(i|we)(['’]m| am| are)? (can['’]?t|cannot|unable|not able|won['’]?t)\b/i,
	/^i (can['’]?t|cannot|won['’]?t) (help|assist|provide|comply|answer|do|fulfil|create|share|discuss)\b/i,
	/^as an ai( language)? model,? i\b/i,
	/^(je suis désolée?|désolée?|je regrette),?.{0,40}\bje ne (peux|suis)\b/i,
	/^je ne (peux|suis) pas (pas )?(en mesure|vous aider|t['’]aider|répondre|fournir|capable)\b/i,
	/^en tant qu['’](ia|intelligence artificielle|modèle)\b/i,
	/^(es tut mir leid|entschuldigung|leider),?.{0,60}\bkann ich\b/i,
	/^(lo siento|lamento),?.{0,60}\bno puedo\b/i,
];

/** True where an answer's text opens as a refusal. */
export function looksLikeRefusal(text: string): boolean {
	const opening = text.trimStart().slice(0, 160);
	return REFUSALS.some((pattern) => pattern.test(opening));
}
