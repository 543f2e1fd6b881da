import { fold, unifyCharacters } from './fold';

/** One word, number or meaningful symbol of a prompt. */
export interface Token {
	/** As written. */
	text: string;
	/** Folded: lower case, no accents. Numbers: their plain value. */
	word: string;
	/** Lower case with accents. */
	accented: string;
	kind: 'word' | 'number' | 'symbol';
	/** Offsets in the unified text. */
	start: number;
	end: number;
	/** Begins with a capital letter. */
	capital: boolean;
	/** Two letters or more, all capitals. */
	upper: boolean;
	/** First word of a sentence, a line or after a colon. */
	first: boolean;
}

const PATTERN =
	/(?<=^|[\s("'`])--?[A-Za-z][\w-]*|\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?!\d)|\d+(?:[.,]\d+)*|\p{L}(?:\.\p{L})+(?!\p{L})\.?|\p{L}[\p{L}\p{M}\d_]*(?:'[\p{L}\p{M}]+)*|[+*/=<>%$€£¥₹&@#^|~\\{}]/gu;

const ORDINAL_ENDING = /^(?:st|nd|rd|th|e|er|ere|eme|nde|iem|ieme|o|a)$/;

/** `1,000`, `1 000` and `1000` are one number, `1.50` and `1,5` another. */
export function plainNumber(written: string): string {
	const text = written.replace(/[\s\u00a0\u202f']/g, '');
	if (/^\d{1,3}(?:[.,]\d{3})+$/.test(text)) return text.replace(/[.,]/g, '');
	const parts = text.split(/[.,]/);
	if (parts.length === 1) return text;
	if (parts.length > 2) {
		const last = parts.pop()!;
		if (parts.slice(1).every((part) => part.length === 3) && last.length !== 3)
			return `${parts.join('')}.${last}`.replace(/\.?0+$/, '');
		return [...parts, last].join('.');
	}
	const decimals = parts[1]!.replace(/0+$/, '');
	const whole = parts[0]!;
	return decimals === '' ? whole : `${whole}.${decimals}`;
}

function startsSentence(text: string, index: number): boolean {
	const before = text
		.slice(0, index)
		.replace(/["'([{¿¡*_#>-]+\s*$/u, '')
		.trimEnd();
	if (before === '') return true;
	if (/[.!?:…]$/.test(before)) return true;
	return /\n\s*[^\p{L}\d]*$/u.test(text.slice(0, index));
}

function makeToken(text: string, kind: Token['kind'], start: number, first: boolean): Token {
	const letters = text.replace(/[^\p{L}]/gu, '');
	return {
		text,
		word: kind === 'number' ? plainNumber(text) : fold(text),
		accented: text.toLowerCase().normalize('NFC'),
		kind,
		start,
		end: start + text.length,
		capital: /^\p{Lu}/u.test(text),
		upper: letters.length > 1 && letters === letters.toUpperCase(),
		first,
	};
}

/**
 * Splits a prompt into words, numbers and symbols that carry meaning; punctuation is left out.
 * `10mg` becomes `10` and `mg`, `11th` becomes `11`, `l'eau` becomes `l` and `eau`; `expand` gives
 * the long form of a contraction (`don't`) or undefined.
 */
export function tokenise(
	prompt: string,
	expand: (folded: string) => string[] | undefined = () => undefined,
): { text: string; tokens: Token[] } {
	const text = unifyCharacters(prompt);
	const tokens: Token[] = [];
	let afterNumber = -1;
	for (const match of text.matchAll(PATTERN)) {
		const written = match[0];
		const start = match.index;
		const first = startsSentence(text, start);
		if (/^\d/.test(written)) {
			tokens.push(makeToken(written, 'number', start, first));
			afterNumber = start + written.length;
			continue;
		}
		if (!/^\p{L}/u.test(written)) {
			tokens.push(makeToken(written, written.length > 1 ? 'word' : 'symbol', start, first));
			continue;
		}
		if (/^\p{L}\.\p{L}/u.test(written)) {
			const letters = written.replaceAll('.', '');
			const token = makeToken(letters, 'word', start, first);
			tokens.push({ ...token, text: written, end: start + written.length, upper: true });
			continue;
		}
		if (start === afterNumber && /^[ap]m$/i.test(written)) {
			const token = makeToken(written, 'word', start, first);
			tokens.push({ ...token, word: `${token.word[0]}.m.` });
			continue;
		}
		if (start === afterNumber && ORDINAL_ENDING.test(fold(written))) continue;
		const long = expand(fold(written));
		if (long) {
			long.forEach((word, i) => {
				const token = makeToken(word, 'word', start, first && i === 0);
				tokens.push({ ...token, capital: i === 0 && /^\p{Lu}/u.test(written) });
			});
			continue;
		}
		let offset = start;
		for (const part of written.split("'")) {
			if (part !== '') tokens.push(makeToken(part, 'word', offset, first && offset === start));
			offset += part.length + 1;
		}
	}
	return { text, tokens };
}
