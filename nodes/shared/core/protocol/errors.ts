import type { JsonObject } from '../json';
import type { Protocol } from './protocol';

/** Why a request gets no answer. The message goes to the client: it must not name anything inside. */
export interface EndpointError {
	/** HTTP status. */
	status: number;
	message: string;
	/** Short machine-readable code, e.g. `invalid_api_key`. */
	code: string;
	/** For 429 and 503. */
	retryAfterSeconds?: number;
	/** Asking again is of no use for a long time: the official clients are told so. */
	isLasting?: boolean;
}

/** What OpenAI calls an exhausted budget, in `type` and `code`. Source: its error guide, 2026-11. */
const NO_QUOTA = 'insufficient_quota';

/** OpenAI's error types by HTTP status. Source: openai-openapi and the error guide, 2026-11. */
const OPENAI_TYPES: Record<number, string> = {
	429: 'rate_limit_exceeded',
	500: 'server_error',
	502: 'server_error',
	503: 'server_error',
	504: 'server_error',
};

/** Anthropic's error types by HTTP status. Source: docs.claude.com, API errors, 2026-11. */
const ANTHROPIC_TYPES: Record<number, string> = {
	401: 'authentication_error',
	402: 'billing_error',
	403: 'permission_error',
	404: 'not_found_error',
	413: 'request_too_large',
	429: 'rate_limit_error',
	500: 'api_error',
	502: 'api_error',
	503: 'overloaded_error',
	504: 'timeout_error',
};

/** The error in the shape that clients of the protocol read. */
export function errorBody(protocol: Protocol, error: EndpointError): JsonObject {
	const { status, message, code } = error;
	if (protocol === 'anthropic') {
		const type = ANTHROPIC_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
		return { type: 'error', error: { type, message } };
	}
	if (protocol === 'openAi') {
		const type = code === NO_QUOTA ? code : (OPENAI_TYPES[status] ?? 'invalid_request_error');
		return { error: { message, type, param: null, code } };
	}
	return { error: { message, code } };
}

/** The budget of the client's key is spent until a time, ms since 1970. */
export function budgetSpent(protocol: Protocol, untilMs: number): EndpointError {
	const until = new Date(untilMs).toISOString();
	return {
		status: protocol === 'anthropic' ? 402 : 429,
		message: `The budget of this key is spent until ${until}. Cached answers are still given.`,
		code: NO_QUOTA,
		isLasting: true,
	};
}

/** Statuses of a provider that are the client's business too; others become 502. */
const PASSED_ON = [400, 404, 408, 409, 413, 415, 422, 429];
const LONGEST_MESSAGE = 500;

/**
 * What the client is told of a provider's failure. A provider that refuses the workflow's own key
 * (401, 403) is no fault of the client's key, and says so nowhere.
 */
export function providerError(status: number | null, message: string): EndpointError {
	if (status === 429) {
		// n8n replaces the provider's words by advice to the workflow's author.
		const said = 'The model provider takes no more requests for now';
		return { status, message: said, code: 'provider_busy' };
	}
	if (status !== null && PASSED_ON.includes(status)) {
		return { status, message: message.slice(0, LONGEST_MESSAGE), code: 'provider_error' };
	}
	const known = status !== null && status !== 401 && status !== 403 && status < 600;
	const what = known ? ` (${status})` : '';
	return { status: 502, message: `The model provider failed${what}`, code: 'provider_failed' };
}
