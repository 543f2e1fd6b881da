import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../shared/core/json';
import { answerBody, eventsFor } from '../shared/core/protocol/answer';
import { errorBody, type EndpointError } from '../shared/core/protocol/errors';
import type { AnswerFrame, Operation, Protocol } from '../shared/core/protocol/protocol';
import { providerError } from '../shared/core/protocol/errors';
import type { RelayMessage } from '../shared/n8n/executionRelay';

export interface ExchangeOptions {
	protocol: Protocol;
	operation: Operation;
	frame: AnswerFrame;
	/** The client wants server-sent events. */
	streamed: boolean;
	headers: Record<string, string>;
	timeoutMs: number;
	/** Keeps a good answer; gives headers that are known only now. */
	onAnswer(body: JsonObject, item: JsonObject): Promise<Record<string, string>>;
	/** There will be no answer: it failed, the client is gone, or the answer is lost with the worker. */
	onGiveUp(why: 'failed' | 'gone' | 'lost'): void;
	/** Nobody waits for an answer any more. */
	onEnd(): void;
	/** No node of the execution can be stopped: its answer is kept though its client is gone. */
	runsOn: boolean;
	/** Stops the execution that computes the answer. */
	stop(executionId: string): void;
}

/** A client that waits for the answer of an execution. */
export interface Exchange {
	receive(message: RelayMessage): void;
	/** The execution is over; where it gave no answer, the client gets an error. */
	ended(): void;
	fail(error: EndpointError): void;
}

const KEEP_ALIVE_MS = 15_000;
/** An execution that was not heard of for so many beats died with its worker. */
const MISSED_BEATS = 4;
/** A client that reads nothing is let go before its answer fills the memory. */
const MOST_UNREAD_BYTES = 16 * 1024 ** 2;

/** Answers with JSON. */
export function sendJson(
	response: ServerResponse,
	status: number,
	body: JsonObject,
	headers: Record<string, string>,
): void {
	if (response.headersSent || response.destroyed) return;
	// A text goes out in one piece with the headers, a buffer would need a second one.
	const text = JSON.stringify(body);
	response.writeHead(status, {
		...headers,
		'content-type': 'application/json; charset=utf-8',
		'content-length': Buffer.byteLength(text),
	});
	response.end(text);
}

/** Answers with an error in the protocol's shape. */
export function sendError(
	response: ServerResponse,
	protocol: Protocol,
	error: EndpointError,
	headers: Record<string, string> = {},
): void {
	const retry: Record<string, string> =
		error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
	// After a body that was not read to its end the connection cannot go on.
	const close: Record<string, string> = [408, 413].includes(error.status)
		? { connection: 'close' }
		: {};
	const lasting: Record<string, string> = error.isLasting ? { 'x-should-retry': 'false' } : {};
	const auth: Record<string, string> = error.status === 401 ? { 'www-authenticate': 'Bearer' } : {};
	const body = errorBody(protocol, error);
	sendJson(response, error.status, body, { ...headers, ...retry, ...lasting, ...close, ...auth });
}

/** What an answer cost, in USD. */
export const COST_HEADER = 'x-prompt-cache-cost';

export const EVENT_HEADERS = {
	'content-type': 'text/event-stream; charset=utf-8',
	// no-transform: a compressing proxy would hold the tokens back.
	'cache-control': 'no-cache, no-transform',
	'x-accel-buffering': 'no',
};

/** Opens the waiting for one execution's answer. */
export function openExchange(response: ServerResponse, options: ExchangeOptions): Exchange {
	const { protocol, operation, frame, headers } = options;
	const events = options.streamed ? eventsFor(operation, frame) : undefined;
	const [write, end] = [response.write.bind(response), response.end.bind(response)];
	let executionId: string | undefined;
	let silence: NodeJS.Timeout | undefined;
	let begun = false;
	let answering = false;
	let closed = false;

	const close = (): boolean => {
		if (closed) return false;
		closed = true;
		clearTimeout(deadline);
		clearTimeout(silence);
		clearInterval(heart);
		response.off('close', gone);
		options.onEnd();
		return true;
	};
	const send = (text: () => string, body?: JsonObject): void => {
		if (response.destroyed) return;
		if (!begun) {
			// Headers are gone before the cost is known: it follows the body. HTTP/1.0 knows no trailers.
			const late: Record<string, string> = response.useChunkedEncodingByDefault
				? { trailer: COST_HEADER }
				: {};
			response.writeHead(200, { ...headers, ...EVENT_HEADERS, ...late });
		}
		const opening = begun ? '' : events!.begin(body);
		begun = true;
		write(opening + text());
		if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
	};
	const cancel = (): void => {
		if (executionId !== undefined) options.stop(executionId);
	};
	const gone = (): void => {
		if (options.runsOn && executionId !== undefined) return;
		if (!close()) return;
		cancel();
		options.onGiveUp('gone');
	};
	const fail = (error: EndpointError): void => {
		if (!close()) return;
		if (begun && !response.destroyed) {
			write(events!.error(errorBody(protocol, error)));
			end();
		} else {
			sendError(withOwnEnd(response, end), protocol, error, headers);
		}
		options.onGiveUp(error === LOST ? 'lost' : 'failed');
	};
	const answer = async (item: JsonObject): Promise<void> => {
		if (answering) return;
		answering = true;
		const given = answerBody(operation, item, frame);
		if (!given.ok) return fail(given.error);
		clearTimeout(deadline);
		clearTimeout(silence);
		const late = await options.onAnswer(given.body, item);
		if (!close()) return;
		if (events) {
			send(() => events.end(given.body), given.body);
			if (response.headersSent) response.addTrailers(late);
			end();
		} else {
			sendJson(withOwnEnd(response, end), 200, given.body, { ...headers, ...late });
		}
	};
	const deadline = setTimeout(() => {
		fail({ status: 504, message: 'The answer took too long', code: 'timeout' });
		cancel();
	}, options.timeoutMs);
	const heart = setInterval(() => {
		if (events && !response.destroyed) send(events.keepAlive);
	}, KEEP_ALIVE_MS);
	deadline.unref();
	heart.unref();
	response.once('close', gone);
	response.on('error', () => undefined);
	if (response.destroyed) gone();

	return {
		receive(message) {
			if (message.promptCache === 'started') {
				({ executionId } = message);
				if (closed) cancel();
				const { beatMs } = message;
				if (beatMs) silence = setTimeout(() => fail(LOST), MISSED_BEATS * beatMs).unref();
			}
			if (closed || answering) return clearTimeout(silence);
			silence?.refresh();
			if (message.promptCache === 'text' && events) {
				const { piece } = message;
				send(() => events.text(piece));
			}
			if (message.promptCache === 'answer') {
				answer(message.item).catch(() => fail(FAILED));
			}
			if (message.promptCache === 'failed') {
				fail(
					message.status === null ? FAILED : providerError(message.status, 'The provider failed'),
				);
			}
		},
		ended() {
			if (!answering) fail(FAILED);
		},
		fail,
	};
}

const FAILED: EndpointError = {
	status: 500,
	message: 'The workflow failed, or ended without an answer',
	code: 'workflow_failed',
};

/** The client may ask again at once, and official clients do so by themselves. */
const LOST: EndpointError = {
	status: 503,
	message: 'The answer was lost while it was computed: please ask again',
	code: 'answer_lost',
	retryAfterSeconds: 1,
};

/** A webhook's response has `end` replaced by then: the answer goes by the original one. */
function withOwnEnd(response: ServerResponse, end: ServerResponse['end']): ServerResponse {
	response.end = end;
	return response;
}
