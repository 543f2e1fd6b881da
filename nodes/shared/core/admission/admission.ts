import Ajv from 'ajv';
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

const CUT = [
	'length',
	'max_tokens',
	'model_length',
	'max_output_tokens',
	'incomplete',
	'unfinished',
];
const FILTERED = [
	'content_filter',
	'safety',
	'recitation',
	'blocklist',
	'prohibited_content',
	'spii',
];

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
	if (rules.complete && finishReason && CUT.includes(finishReason)) {
		return refuse(`the answer was cut (finish reason ${finishReason})`);
	}
	if (rules.complete && finishReason && FILTERED.includes(finishReason)) {
		return refuse(`the answer was filtered (finish reason ${finishReason})`);
	}
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
	const schema = rules.schema ?? (rules.json === 'auto' && request ? schemaOf(request) : undefined);
	const wanted =
		rules.json === 'always' ||
		schema !== undefined ||
		(rules.json === 'auto' && request !== undefined && asksForJson(request));
	if (!wanted || (toolCalls && text.trim() === '')) return { admitted: true };
	let value: Json;
	try {
		value = JSON.parse(text) as Json;
	} catch {
		return refuse('JSON was asked for, but the answer is not valid JSON');
	}
	return schema ? admitSchema(value, schema) : { admitted: true };
}

function admitSchema(value: Json, schema: JsonObject): Admission {
	const ajv = new Ajv({ strict: false, allErrors: false, logger: false });
	let valid: boolean;
	try {
		valid = ajv.validate(schema, value) as boolean;
	} catch (error) {
		throw new ConfigError(
			`The JSON schema cannot be used: ${error instanceof Error ? error.message : String(error)}`,
			'JSON Schema',
			'Check it against JSON Schema draft-07.',
		);
	}
	return valid
		? { admitted: true }
		: refuse(`the answer violates the JSON schema: ${ajv.errorsText()}`);
}

function asksForJson(request: JsonObject): boolean {
	const { response_format: wanted, format, generationConfig } = request;
	if (isJsonObject(wanted)) return wanted.type === 'json_object' || wanted.type === 'json_schema';
	if (isJsonObject(generationConfig))
		return generationConfig.responseMimeType === 'application/json';
	return format === 'json' || isJsonObject(format);
}

function schemaOf(request: JsonObject): JsonObject | undefined {
	const { response_format: wanted, format } = request;
	if (isJsonObject(wanted) && isJsonObject(wanted.json_schema)) {
		const { schema } = wanted.json_schema;
		return isJsonObject(schema) ? schema : undefined;
	}
	return isJsonObject(format) ? format : undefined;
}

function endsWithToolResult(request: JsonObject): boolean {
	const { messages } = request;
	const last = Array.isArray(messages) ? messages[messages.length - 1] : undefined;
	if (!isJsonObject(last)) return false;
	if (last.role === 'tool' || last.role === 'function') return true;
	return (
		Array.isArray(last.content) &&
		last.content.some((block) => isJsonObject(block) && block.type === 'tool_result')
	);
}
