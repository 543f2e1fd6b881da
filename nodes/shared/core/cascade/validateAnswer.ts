import { looksLikeRefusal } from '../admission/refusal';
import { earlyEnd } from '../answer/finishReason';
import type { SchemaCheck } from '../answer/jsonDemand';
import type { AnswerFacts } from '../answer/readAnswer';

/** What a small model's answer must satisfy; what is left out is not checked. */
export interface AnswerChecks {
	/** The answer must be JSON. */
	json?: boolean;
	/** Says of parsed JSON what is wrong with it, or null. */
	schema?: SchemaCheck;
	/** The answer must be one of these, letter case and a full stop aside. */
	labels?: readonly string[];
	/** The answer must match. */
	pattern?: RegExp;
	minChars?: number;
	maxChars?: number;
	/** Refuse "I don't know", refusals and empty phrases; default true. */
	refuseUnsure?: boolean;
	/** Smallest mean log-probability per token, where the model reports any, e.g. -0.8. */
	minMeanLogProb?: number;
}

/** An answer as a model gave it. */
export interface ModelAnswer {
	text: string;
	/** Log-probabilities of its tokens, where reported. */
	logProbs?: readonly number[];
	/** Why generation ended, where reported: `stop`, `length`, `content_filter` and so on. */
	finishReason?: string;
}

/** Whether the answer is good enough, or why the large model is asked. */
export type AnswerVerdict = { ok: true; value: unknown } | { ok: false; reasons: string[] };

/** How models say that they cannot answer; looked for in the first and last part of short answers. */
const UNSURE =
	/\b(?:i (?:do not|don['’]t) know|i(?:['’]m| am) not (?:sure|certain|able)|i (?:cannot|can['’]t|am unable to) (?:answer|help|assist|provide|determine|do)|as an ai|no idea|not enough (?:information|context)|insufficient information|cannot be determined|je ne sais pas|je ne (?:peux|suis) pas (?:répondre|aider|en mesure|sûr|certain)|en tant qu['’](?:ia|intelligence)|pas assez d['’]informations?|ich wei(?:ß|ss) (?:es )?nicht|ich (?:kann|bin) (?:das |leider )?nicht (?:beantworten|sicher|in der lage)|als ki|no lo sé|no (?:puedo|estoy seguro)|como (?:una )?ia|no hay suficiente información)/iu;
const UNSURE_WITHIN_CHARS = 300;

/**
 * Checks a whole reply: an error, an HTTP status of 400 or more and a refusal that the provider marks are no answers;
 * a reply that calls tools is judged by what comes of them, later.
 */
export function validateReply(
	reply: AnswerFacts,
	logProbs: readonly number[] | undefined,
	checks: AnswerChecks,
): AnswerVerdict {
	const { text, status, error, refused, toolCalls, finishReason } = reply;
	if (error !== null) return { ok: false, reasons: [`the small model failed: ${error}`] };
	if (status !== null && status >= 400) {
		return { ok: false, reasons: [`the small model failed: it answered ${status}`] };
	}
	if (refused) return { ok: false, reasons: ['the model refused to answer'] };
	if (toolCalls && text.trim() === '') return { ok: true, value: text };
	return validateAnswer({ text, logProbs, finishReason: finishReason ?? undefined }, checks);
}

/** The text without a fence around it, as models like to put around JSON. */
function unfenced(text: string): string {
	const fence = /^\s*```\w*\n([^]*?)\n?```\s*$/.exec(text);
	return (fence?.[1] ?? text).trim();
}

/**
 * Checks a small model's answer; everything wrong with it is named.
 * `value` is the parsed JSON, the label as the caller wrote it, or the text.
 */
export function validateAnswer(answer: ModelAnswer, checks: AnswerChecks): AnswerVerdict {
	const text = unfenced(answer.text);
	const reasons: string[] = [];
	let value: unknown = text;
	if (text === '') return { ok: false, reasons: ['the answer is empty'] };
	if (earlyEnd(answer.finishReason)) {
		reasons.push(`the answer ended early (${answer.finishReason})`);
	}
	if (checks.json || checks.schema) {
		const parsed = parse(text);
		if (!parsed.ok) reasons.push('the answer is not JSON');
		else {
			value = parsed.value;
			const wrong = checks.schema?.(parsed.value) ?? null;
			if (wrong !== null) reasons.push(`the answer does not fit the schema: ${wrong}`);
		}
	}
	if (checks.labels) {
		const label = checks.labels.find((one) => plain(one) === plain(text));
		if (label === undefined) reasons.push('the answer is not one of the allowed labels');
		else value = label;
	}
	if (checks.pattern && !matches(checks.pattern, text)) {
		reasons.push('the answer does not match the pattern');
	}
	if (checks.minChars !== undefined && text.length < checks.minChars) {
		reasons.push(`the answer is shorter than ${checks.minChars} characters`);
	}
	if (checks.maxChars !== undefined && text.length > checks.maxChars) {
		reasons.push(`the answer is longer than ${checks.maxChars} characters`);
	}
	if (checks.refuseUnsure !== false && soundsUnsure(text)) {
		reasons.push('the model says that it does not know');
	}
	const sure = meanLogProb(answer.logProbs);
	if (checks.minMeanLogProb !== undefined && sure !== null && sure < checks.minMeanLogProb) {
		reasons.push(`the model was unsure of its words (${sure.toFixed(2)} per token)`);
	}
	return reasons.length === 0 ? { ok: true, value } : { ok: false, reasons };
}

function parse(text: string): { ok: true; value: unknown } | { ok: false } {
	try {
		return { ok: true, value: JSON.parse(text) as unknown };
	} catch {
		return { ok: false };
	}
}

/** A pattern with flag g or y remembers where it was: each answer is looked at from its beginning. */
function matches(pattern: RegExp, text: string): boolean {
	pattern.lastIndex = 0;
	return pattern.test(text);
}

const plain = (text: string): string =>
	text
		.trim()
		.replace(/^["'`*]+|["'`*.]+$/g, '')
		.toLowerCase();

function soundsUnsure(text: string): boolean {
	return UNSURE.test(text.slice(0, UNSURE_WITHIN_CHARS)) || looksLikeRefusal(text);
}

function meanLogProb(logProbs: readonly number[] | undefined): number | null {
	const known = (logProbs ?? []).filter((p) => Number.isFinite(p));
	return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
