import type { NormalizedPrompt } from './normalize';
import type { SegmentedPrompt, Unit } from './segment';

/** What can be counted in a prompt without knowing its words. */
export interface PromptStructure {
	lengthChars: number;
	instructionWords: number;
	payloadWords: number;
	payloadUnits: number;
	/** Numbers written in digits. */
	numbers: number;
	/** Share of characters of code: braces, semicolons, operators. */
	codeDensity: number;
	latexCommands: number;
	optionLines: number;
	dialogTurns: number;
	bracketSlots: number;
	questionMarks: number;
	lineBreaks: number;
	hasCodeFence: boolean;
	hasJson: boolean;
	hasTable: boolean;
	hasMarkup: boolean;
	hasQuote: boolean;
	hasFormula: boolean;
	hasCurrency: boolean;
	instructionFirst: boolean;
	instructionLast: boolean;
	instructionAsks: boolean;
	instructionColon: boolean;
	constraints: number;
	/** Share of the instruction's longer words that the payload holds too: a question about a passage. */
	overlap: number;
	/** The payload is in another language than the instruction. */
	foreignPayload: boolean;
	/** A longer question to be answered by yes or no, with nothing given: a fact rarely takes so many words. */
	impliedSteps: boolean;
}

const CODE_SIGNS = new Set([...'{}[]<>=;_\\|&$'].map((sign) => sign.charCodeAt(0)));
const LATEX = /\\[a-z]+|\$[^$\n]{1,80}\$/g;
const OPTION_LINE = /(?:^|\n)\s*(?:\(?[a-e]\)|[a-e][.:)]|[-*] )\s*\S/g;
const DIALOG_TURN =
	/(?:^|\n)\s*(?:user|assistant|human|ai|bot|utilisateur|nutzer|benutzer|assistent|usuario|asistente|moi|ia)\s?:/g;
const SLOT = /\[[a-z][^\]\n]{2,80}\]|\{\{?[a-z_ ]+\}?\}/g;
const JSON_LIKE = /[{[]\s*"[^"\n]{1,40}"\s*:|\[\s*\{/;
const TABLE_LIKE =
	/(?:^|\n)[^,\n]{1,40}(?:,[^,\n]{0,40}){1,8}\n[^,\n]{1,40}(?:,[^,\n]{0,40}){1,8}|\|.+\|/;
const MARKUP = /<\/[a-z]+>|<\?xml|<[a-z]+ [a-z]+=/;
const FORMULA = /[a-z0-9)]\s?[=<>^]\s?[-a-z0-9(]|\d\s?[-+*/^×÷]\s?\d|[a-z]\^\d|\bsqrt\b/;
const CURRENCY = /[$€£]\s?\d|\d\s?(?:[$€£%]|dollars?|euros?|cents?)/;

function count(pattern: RegExp, text: string): number {
	let n = 0;
	pattern.lastIndex = 0;
	while (pattern.exec(text) !== null) n++;
	return n;
}

/** Everything that a single pass over the characters can count. */
function countSigns(
	text: string,
): Record<'numbers' | 'code' | 'questions' | 'lines' | 'quotes', number> {
	const out = { numbers: 0, code: 0, questions: 0, lines: 0, quotes: 0 };
	let inNumber = false;
	for (let i = 0; i < text.length; i++) {
		const sign = text.charCodeAt(i);
		const isDigit = sign >= 48 && sign <= 57;
		if (isDigit && !inNumber) out.numbers++;
		inNumber = isDigit || (inNumber && (sign === 44 || sign === 46));
		if (sign === 10) out.lines++;
		else if (sign === 63) out.questions++;
		else if (sign === 34) out.quotes++;
		else if (!isDigit && (sign < 97 || sign > 122) && CODE_SIGNS.has(sign)) out.code++;
	}
	return out;
}

function endsWith(units: Unit[], sign: string): boolean {
	return units.some((u) => u.text.trimEnd().endsWith(sign));
}

/** "Can you explain …?" is a request, not a question of this kind. */
const TO_THE_MODEL =
	/^\S+ (?:you|i|we|me|u)\b|^(?:peux|pouvez|pourrais|puis|kannst|konnen sie|kann ich|puedes?|puedo)\b/;

/** Words from which on a question by yes or no asks for more than one fact. */
const MANY_WORDS = 7;

function impliesSteps({ asksYesNo, text, words, wordCount }: Unit): boolean {
	const isQuestion = asksYesNo && text.trimEnd().endsWith('?');
	return isQuestion && wordCount >= MANY_WORDS && !TO_THE_MODEL.test(words);
}

function overlapOf(instruction: Unit[], payload: Unit[]): number {
	if (payload.length === 0) return 0;
	const pasted = payload.map((u) => u.words).join(' ');
	let long = 0;
	let shared = 0;
	for (const unit of instruction) {
		for (const word of unit.words.split(' ')) {
			if (word.length < 5 || long > 30) continue;
			long++;
			if (pasted.includes(word)) shared++;
		}
	}
	return long === 0 ? 0 : shared / long;
}

/** Counts the structure of a prompt within the part that is looked at. */
export function readStructure(prompt: NormalizedPrompt, parts: SegmentedPrompt): PromptStructure {
	const text = prompt.tail === '' ? prompt.head : `${prompt.head}\n${prompt.tail}`;
	const { instruction, payload } = parts;
	const signs = countSigns(text);
	const spoken = instruction.reduce((mask, u) => mask | u.languages, 0);
	const pasted = payload.reduce((mask, u) => mask | u.languages, 0);
	const words = (units: Unit[]): number => units.reduce((n, u) => n + u.wordCount, 0);
	const first = instruction[0];
	const last = instruction[instruction.length - 1];
	const lastPayload = payload[payload.length - 1];
	return {
		lengthChars: prompt.lengthChars,
		instructionWords: words(instruction),
		payloadWords: words(payload),
		payloadUnits: payload.length,
		numbers: signs.numbers,
		codeDensity: signs.code / Math.max(1, text.length),
		latexCommands: signs.code > 0 ? count(LATEX, text) : 0,
		optionLines: count(OPTION_LINE, text),
		dialogTurns: text.includes(':') ? count(DIALOG_TURN, text) : 0,
		bracketSlots: signs.code > 0 ? count(SLOT, text) : 0,
		questionMarks: signs.questions,
		lineBreaks: signs.lines,
		hasCodeFence: text.includes('```'),
		hasJson: signs.code > 0 && JSON_LIKE.test(text),
		hasTable: signs.lines > 0 && TABLE_LIKE.test(text),
		hasMarkup: signs.code > 0 && MARKUP.test(text),
		hasQuote: signs.quotes > 0,
		hasFormula: FORMULA.test(text),
		hasCurrency: signs.numbers > 0 && CURRENCY.test(text),
		instructionFirst: first !== undefined && text.startsWith(first.text.slice(0, 12)),
		instructionLast:
			last !== undefined &&
			(lastPayload === undefined || text.trimEnd().endsWith(last.text.trim())),
		instructionAsks: endsWith(instruction, '?'),
		instructionColon: endsWith(instruction, ':'),
		constraints: parts.constraints.length,
		overlap: overlapOf(instruction, payload),
		impliedSteps: payload.length === 0 && instruction.length === 1 && impliesSteps(instruction[0]!),
		foreignPayload: spoken !== 0 && pasted !== 0 && (spoken & pasted) === 0,
	};
}
