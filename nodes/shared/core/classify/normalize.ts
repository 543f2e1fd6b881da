/** Characters of the beginning and of the end of a long prompt that are looked at. */
export const HEAD_CHARS = 1000;
export const TAIL_CHARS = 500;

/** Raw characters folded at each end: more than is kept, so that the cut does not move with case. */
const HEAD_WINDOW = 3000;
const TAIL_WINDOW = 1500;
const COURTESY_WINDOW = 400;
const CLOSER_WINDOW = 80;
const MAX_COURTESIES = 8;

/** What an assistant is asked about itself: "can you feel pain?" is no courtesy. */
const ABOUT_ITSELF =
	'(?!feel|be |have|speak|understand|think|see |hear|love|dream|really|actually|even|still|parler|ressentir|avoir|comprendre|penser|voir|entendre|fuhlen|fühlen|denken|sprechen|sentir|hablar|pensar)';

/** With what a request may begin after its preamble. */
const BEGINNING = '[\\p{L}\\p{N}¿¡"«“(]';

const OPENERS = [
	String.raw`(?:please|pls|plz|kindly)(?=[\s,:;])`,
	String.raw`(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: there| assistant| chatgpt| gpt| bot| ai| everyone| open assistant| team)?(?=[,!.\n])`,
	String.raw`(?:(?:can|could|would|will) you (?:please|kindly|help me (?:to )?please)|(?:can|could|would|will) you be so kind (?:as )?to|would you mind)(?=\s)`,
	String.raw`(?:could you|can you|would you)(?=\s+${ABOUT_ITSELF}${BEGINNING})`,
	String.raw`(?:i(?: would|['’]d) like you to|i need you to|i want you to|i would appreciate it if you(?: could)?|if you don['’]t mind)(?=[\s,])`,
	String.raw`(?:s['’]il (?:te|vous) pla[iî]t|svp|stp|merci de(?: bien vouloir)?|veuillez|auriez-vous l['’]amabilit[eé] de|aurais-tu la gentillesse de)(?=[\s,:;!])`,
	String.raw`(?:bonjour|bonsoir|salut|coucou)(?: à tous| a tous| chatgpt| l['’]assistant| l['’]ia)?(?=\s*[,!.\n])`,
	String.raw`(?:(?:est-ce que )?(?:peux-tu|pourrais-tu|tu peux|tu pourrais|pouvez-vous|pourriez-vous|vous pouvez|vous pourriez|peux tu|pouvez vous|pourriez vous|pourrais tu))(?:,? s['’]il (?:te|vous) pla[iî]t,?| stp,?| svp,?)?(?=\s+${ABOUT_ITSELF}${BEGINNING})`,
	String.raw`(?:je (?:voudrais|veux|souhaite|souhaiterais|aimerais) que (?:tu|vous)|j['’]aimerais que (?:tu|vous))(?=\s)`,
	String.raw`(?:bitte)(?=[\s,:;])`,
	String.raw`(?:hallo|guten (?:tag|morgen|abend))(?=\s*[,!.\n])`,
	String.raw`(?:kannst du|könntest du|koenntest du|können sie|könnten sie|würdest du|würden sie)(?: mir)?(?: bitte)?(?=\s+${ABOUT_ITSELF}${BEGINNING})`,
	String.raw`(?:por favor)(?=[\s,:;])`,
	String.raw`(?:hola|buenos días|buenos dias|buenas(?: tardes| noches)?)(?=\s*[,!.\n])`,
	String.raw`(?:¿?\s*(?:puedes|podrías|podrias|puede|podría|podria))(?: por favor)?(?=\s+${ABOUT_ITSELF}${BEGINNING})`,
];

const CLOSERS = [
	'please',
	'pls',
	'plz',
	'thanks(?: a lot| so much| in advance)?',
	'thank you(?: very much| so much| in advance)?',
	'thx',
	"s['’]il (?:te|vous) pla[iî]t",
	'svp',
	'stp',
	"merci(?: beaucoup| d['’]avance| par avance)?",
	'bitte',
	'danke(?: schön| im voraus)?',
	'vielen dank(?: im voraus)?',
	'por favor',
	'(?:muchas )?gracias(?: de antemano)?',
];

const OPENER = new RegExp(String.raw`^(?:${OPENERS.join('|')})[\s,:;!.]*`, 'iu');
const CLOSER = new RegExp(
	String.raw`(?:[\s,;.!(\-–—]+)(?:${CLOSERS.join('|')})[\s.!)]*(\??)[\s.!)]*$`,
	'iu',
);
const WRAPPED = /^(?:"[^"]*"|'[^']*'|`[^`]*`|«[^«»]*»|“[^“”]*”|„[^„“]*“|‘[^‘’]*’)$/su;

/** Takes greetings, "please" and wrapping quotes off both ends, as often as there are any. */
function stripCourtesy(text: string): string {
	let rest = text.trim();
	for (let round = 0; round < MAX_COURTESIES; round++) {
		const before = rest;
		const opener = OPENER.exec(rest.slice(0, COURTESY_WINDOW));
		if (opener && hasWord(rest, opener[0].length)) rest = rest.slice(opener[0].length);
		const tail = rest.slice(-CLOSER_WINDOW);
		const closer = CLOSER.exec(tail);
		if (closer && closer.index > 0) {
			rest = rest.slice(0, rest.length - tail.length + closer.index) + closer[1];
		}
		if (isWrapped(rest)) rest = rest.slice(1, -1);
		rest = rest.trim();
		if (rest === before) break;
	}
	return rest;
}

function hasWord(text: string, from: number): boolean {
	return /[\p{L}\p{N}]/u.test(text.slice(from, from + COURTESY_WINDOW));
}

function isWrapped(text: string): boolean {
	const first = text.charCodeAt(0);
	const mayOpen = first === 34 || first === 39 || first === 96 || first > 0x7f;
	return mayOpen && text.length > 2 && text.length <= 20_000 && WRAPPED.test(text);
}

/** Lower case without accents, typographic quotes or carriage returns; idempotent under case change. */
export function foldText(text: string): string {
	const cased = text.toUpperCase().toLowerCase();
	if (!/[^\x00-\x7f]/.test(cased))
		return cased.includes('\r') ? cased.replace(/\r\n?/g, '\n') : cased;
	return cased
		.normalize('NFD')
		.replace(/[\u0300-\u036f]/g, '')
		.replace(/[œæ«»“”„‘’‚–—…\u00a0\u202f\r]/g, (sign) => PLAIN[sign] ?? '\n');
}

const PLAIN: Record<string, string> = {
	œ: 'oe',
	æ: 'ae',
	'«': '"',
	'»': '"',
	'“': '"',
	'”': '"',
	'„': '"',
	'‘': "'",
	'’': "'",
	'‚': "'",
	'–': '-',
	'—': '-',
	'…': '...',
	'\u00a0': ' ',
	'\u202f': ' ',
};

/** A prompt as the classifier sees it. */
export interface NormalizedPrompt {
	/** Folded beginning of the prompt, or all of it. */
	head: string;
	/** Folded end of a prompt that is longer than head and tail together, else empty. */
	tail: string;
	/** Length of the whole prompt in UTF-16 units, courtesies left out. */
	lengthChars: number;
}

/**
 * Folds a prompt and bounds it, so that neither letter case, accents, white space at the ends,
 * wrapping quotes nor a polite preamble can change what follows.
 * @param text a prompt of any length; only its two ends are read
 */
export function normalizePrompt(text: string): NormalizedPrompt {
	const core = stripCourtesy(text);
	const lengthChars = core.length;
	if (lengthChars <= HEAD_WINDOW + TAIL_WINDOW) {
		const folded = trimEnd(foldText(core));
		if (folded.length <= HEAD_CHARS + TAIL_CHARS) return { head: folded, tail: '', lengthChars };
		return { head: folded.slice(0, HEAD_CHARS), tail: folded.slice(-TAIL_CHARS), lengthChars };
	}
	return {
		head: foldText(core.slice(0, HEAD_WINDOW)).slice(0, HEAD_CHARS),
		tail: trimEnd(foldText(core.slice(-TAIL_WINDOW))).slice(-TAIL_CHARS),
		lengthChars,
	};
}

function trimEnd(text: string): string {
	return text.replace(/[\s.!,;]+$/, '');
}
