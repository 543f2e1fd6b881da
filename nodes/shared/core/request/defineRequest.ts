import { ConfigError } from '../errors';
import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { parseJson, withMessages } from './findRequest';

/** What the user gives by hand; a missing part is undefined or an empty text. */
export interface RequestParts {
	/** A whole request: an object or its JSON text. It wins over the parts below. */
	body?: unknown;
	/** A list of messages or its JSON text. */
	messages?: unknown;
	prompt?: unknown;
	system?: unknown;
}

/**
 * Builds the request from given parts; prompt and system prompt become messages, so that the same
 * words reach the same entry however they were given.
 * @throws ConfigError naming the part that is not usable
 */
export function defineRequest(parts: RequestParts): JsonObject {
	if (givenJson(parts.body)) {
		const body = typeof parts.body === 'string' ? parseJson(parts.body, 'Body') : parts.body;
		if (isJsonObject(body)) return body;
		throw new ConfigError(
			'"Body" must be a JSON object',
			'Body',
			'Pass the whole request, e.g. {"model":"…","messages":[…]}.',
		);
	}
	const system: Json[] = given(parts.system)
		? [{ role: 'system', content: text(parts.system, 'System Prompt') }]
		: [];
	if (givenJson(parts.messages)) {
		const { messages } = withMessages({ messages: parts.messages as Json });
		return { messages: [...system, ...(messages as Json[])] };
	}
	if (given(parts.prompt)) {
		return { messages: [...system, { role: 'user', content: text(parts.prompt, 'Prompt') }] };
	}
	throw new ConfigError(
		'No request was given: the prompt, the messages and the body are all empty',
		'Prompt',
		'Fill in one of them, or set "Request From" to "Item" to let the node find the request.',
	);
}

function given(part: unknown): boolean {
	return part !== undefined && part !== null && !(typeof part === 'string' && part.trim() === '');
}

/** An untouched JSON field of the editor is `{}` or `[]`, since an empty one shows as an error. */
function givenJson(part: unknown): boolean {
	if (typeof part === 'string') return !/^\s*(?:\{\s*\}|\[\s*\])?\s*$/.test(part);
	return typeof part === 'object' && part !== null ? Object.keys(part).length > 0 : given(part);
}

function text(part: unknown, parameter: string): string {
	if (typeof part === 'string') return part;
	if (typeof part === 'number' || typeof part === 'boolean') return String(part);
	throw new ConfigError(
		`"${parameter}" must be a text, but is ${Array.isArray(part) ? 'a list' : typeof part}`,
		parameter,
		'Point it at the text itself.',
	);
}
