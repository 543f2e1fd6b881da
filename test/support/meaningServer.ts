/** Embeddings with meaning over HTTP, as Ollama, TEI and OpenAI-compatible servers give them: from the built-in table. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { embedText } from '../../nodes/shared/core/semantic/pooling';
import { loadWordTables } from '../../nodes/shared/drivers/tables/embeddingTable';

export interface MeaningServer {
	url: string;
	dimensions: number;
	/** Requests since the start, by path. */
	calls: Record<string, number>;
	stop(): Promise<void>;
}

/** The body of a request as JSON. */
export async function jsonBody(request: http.IncomingMessage): Promise<Record<string, unknown>> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	return JSON.parse(Buffer.concat(parts).toString() || '{}') as Record<string, unknown>;
}

/** Starts an HTTP server on a free port of loopback. */
export async function listen(server: http.Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function close(server: http.Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

export async function startMeaningServer(): Promise<MeaningServer> {
	const { embedding } = loadWordTables();
	const calls: Record<string, number> = {};
	const vector = (text: string) => [...embedText(text, embedding)];
	const replies: Record<string, (texts: string[], model: unknown) => unknown> = {
		'/embed': (texts) => texts.map(vector),
		'/api/embed': (texts, model) => ({ model, embeddings: texts.map(vector) }),
		'/v1/embeddings': (texts, model) => ({
			object: 'list',
			model,
			data: texts.map((text, index) => ({ object: 'embedding', index, embedding: vector(text) })),
			usage: { prompt_tokens: texts.length, total_tokens: texts.length },
		}),
	};
	const server = http.createServer((request, response) => {
		void (async () => {
			const path = request.url ?? '';
			const { inputs, input, model } = await jsonBody(request);
			const reply = replies[path];
			calls[path] = (calls[path] ?? 0) + 1;
			response.writeHead(reply ? 200 : 404, { 'content-type': 'application/json' });
			response.end(JSON.stringify(reply?.([inputs ?? input].flat().map(String), model) ?? {}));
		})();
	});
	const url = await listen(server);
	return { url, dimensions: vector('one').length, calls, stop: () => close(server) };
}
