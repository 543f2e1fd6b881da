import { earlyEnd } from '../answer/finishReason';
import { jsonAskedFor, schemaCheck } from '../answer/jsonDemand';
import type { AnswerFacts } from '../answer/readAnswer';
import { ConfigError } from '../errors';
import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { looksLikeRefusal } from './refusal';

export interface AdmissionRules {
	/** Refuse answers cut by a token limit or stopped by a content filter. */
	complete: boolean;
	/** Refuse answers in which the model declines. */
	noRefusals: boolean;
	/** `auto`: only where the request asked for JSON. */
	json: 'auto' | 'always' | 'never';
	/** JSON schema the answer's JSON must meet. */
	schema?: JsonObject;
	/** Least number of characters. */
	minLength: number;
	/** Store answers to turns that carry tool results (they may depend on side effects). */
	toolResults: boolean;
}

export type Admission =
	| { admitted: true; negativeStatus?: number }
	| { admitted: false; reason: string; failed: boolean };

/** 4xx that the same request meets again: not authentication, limits, conflicts or timeouts (RFC 9110). */
const DETERMINISTIC_STATUS = [400, 404, 405, 410, 413, 414, 415, 422];

/**
 * Decides whether an answer may be stored.
 * `failed` tells a failing provider from an answer that is merely not for storing.
 * @throws ConfigError where the schema itself is not usable
 */
export function admit(
	answer: AnswerFacts,
	request: JsonObject | undefined,
	rules: AdmissionRules,
	negativeCaching: boolean,
): Admission {
	const { status, finishReason, text } = answer;
	if (status !== null && status >= 400) {
		return negativeCaching && DETERMINISTIC_STATUS.includes(status)
			? { admitted: true, negativeStatus: status }
			: refuse(`the provider answered ${status}`, true);
	}
	if (answer.error !== null) return refuse(`the answer is an error: ${answer.error}`, true);
	const early = rules.complete ? earlyEnd(finishReason) : undefined;
	if (early) return refuse(`the answer was ${early} (finish reason ${finishReason})`);
	if (rules.noRefusals && (answer.refused || looksLikeRefusal(text))) {
		return refuse('the model refused to answer');
	}
	if (!rules.toolResults && request && endsWithToolResult(request)) {
		return refuse('the request carries tool results');
	}
	if (text.trim() === '' && !answer.toolCalls) return refuse('the answer is empty');
	if (text.length < rules.minLength && !answer.toolCalls) {
		return refuse(`the answer has ${text.length} characters, fewer than ${rules.minLength}`);
	}
	return admitJson(text, answer.toolCalls, request, rules);
}

function refuse(reason: string, failed = false): Admission {
	return { admitted: false, reason, failed };
}

function admitJson(
	text: string,
	toolCalls: boolean,
	request: JsonObject | undefined,
	rules: AdmissionRules,
): Admission {
	const asked = rules.json === 'auto' && request ? jsonAskedFor(request) : undefined;
	const wanted = rules.json === 'always' || rules.schema !== undefined || asked !== undefined;
	if (!wanted || (toolCalls && text.trim() === '')) return { admitted: true };
	let value: Json;
	try {
		value = JSON.parse(text) as Json;
	} catch {
		return refuse('JSON was asked for, but the answer is not valid JSON');
	}
	if (rules.schema) return admitSchema(value, rules.schema);
	try {
		return asked?.schema ? admitSchema(value, asked.schema) : { admitted: true };
	} catch (error) {
		// The schema is the request's: a dialect that only its provider knows is no reason to fail.
		if (error instanceof ConfigError) return { admitted: true };
		throw error;
	}
}

function admitSchema(value: Json, schema: JsonObject): Admission {
	const violation = schemaCheck(schema)(value);
	return violation === null
		? { admitted: true }
		: refuse(`the answer violates the JSON schema: ${violation}`);
}

function endsWithToolResult(request: JsonObject): boolean {
	const turns = request.messages ?? request.contents ?? request.input;
	const last = Array.isArray(turns) ? turns[turns.length - 1] : undefined;
	if (!isJsonObject(last)) return false;
	if (last.role === 'tool' || last.role === 'function') return true;
	if (String(last.type).endsWith('_call_output')) return true;
	const blocks = [last.content, last.parts].find(Array.isArray) ?? [];
	return blocks.some(
		(block) =>
			isJsonObject(block) && (block.type === 'tool_result' || block.functionResponse !== undefined),
	);
}
