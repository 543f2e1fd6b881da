import type { IncomingMessage } from 'node:http';
import type { EndpointError } from '../shared/core/protocol/errors';
import { deadline } from '../shared/services/deadline';

export type ReadBody = { ok: true; text: string } | { ok: false; error: EndpointError };

export interface BodyLimits {
	maxRequestBytes: number;
	/** How long the whole body may take. */
	receiveTimeoutMs: number;
}

/** Reads a JSON body within limits; what is over them is not kept in memory. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<ReadBody> {
	const { maxRequestBytes, receiveTimeoutMs } = limits;
	const { headers } = request;
	const refuse = (status: number, message: string, code: string): ReadBody => {
		request.resume();
		return { ok: false, error: { status, message, code } };
	};
	const tooLarge = (): ReadBody =>
		refuse(413, `The body is larger than ${maxRequestBytes} bytes`, 'request_too_large');
	if (Number(headers['content-length'] ?? 0) > maxRequestBytes) return Promise.resolve(tooLarge());
	if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
		return Promise.resolve(refuse(415, 'Compressed bodies are not taken', 'unsupported_encoding'));
	}
	if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')) {
		return Promise.resolve(
			refuse(415, 'The body must be of type application/json', 'unsupported_media_type'),
		);
	}
	return new Promise((resolve) => {
		const parts: Buffer[] = [];
		let size = 0;
		const end = (result: ReadBody): void => {
			inTime();
			request.off('data', take).off('end', done).off('close', gone);
			resolve(result);
		};
		const take = (part: Buffer): void => {
			size += part.length;
			if (size > maxRequestBytes) end(tooLarge());
			else parts.push(part);
		};
		const done = (): void => end({ ok: true, text: Buffer.concat(parts).toString('utf8') });
		const gone = (): void => end(refuse(400, 'The body did not arrive whole', 'incomplete_body'));
		const inTime = deadline(receiveTimeoutMs, () =>
			end(refuse(408, 'The body took too long to arrive', 'request_timeout')),
		);
		request
			.on('data', take)
			.once('end', done)
			.once('close', gone)
			.on('error', () => undefined);
	});
}
