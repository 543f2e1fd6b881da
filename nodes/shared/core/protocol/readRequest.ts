import type { JsonObject } from '../json';
import { isJsonObject } from '../json';
import type { EndpointError } from './errors';
import type { Operation } from './protocol';

export type ReadRequest =
	{ ok: true; request: JsonObject; streamed: boolean } | { ok: false; error: EndpointError };

/** Reads a body and checks what every answer needs; everything else is the provider's to judge. */
export function readRequest(operation: Operation, text: string): ReadRequest {
	let request: unknown;
	try {
		request = JSON.parse(text);
	} catch {
		return bad('The body is not valid JSON', 'invalid_json');
	}
	if (!isJsonObject(request)) return bad('The body must be a JSON object', 'invalid_json');
	const problem = problemOf(operation, request);
	if (problem) return bad(problem, 'invalid_request');
	return { ok: true, request, streamed: operation !== 'json' && request.stream === true };
}

function bad(message: string, code: string): ReadRequest {
	return { ok: false, error: { status: 400, message, code } };
}

function problemOf(operation: Operation, request: JsonObject): string | undefined {
	if (operation === 'json') return undefined;
	if (typeof request.model !== 'string' || request.model === '') {
		return '"model" must be the name of a model';
	}
	if (
		request.stream !== undefined &&
		request.stream !== null &&
		typeof request.stream !== 'boolean'
	) {
		return '"stream" must be true or false';
	}
	if (operation === 'embeddings') {
		return request.input === undefined ? '"input" is missing' : undefined;
	}
	const { messages } = request;
	if (!Array.isArray(messages) || messages.length === 0) {
		return '"messages" must be a list with at least one message';
	}
	return messages.every(isJsonObject) ? undefined : 'Every message must be an object';
}
