import axios from 'axios';
import { unitVector } from '../../core/semantic/pooling';
import type { Embedder } from '../../ports/Embedder';

export interface HttpEmbedderOptions {
	/** Server's address, with or without its path: `http://tei:8080`, `https://host/v1`. */
	url: string;
	/** `tei`: POST {url}/embed; `openAi`: POST {url}/embeddings (`/v1` is added where no path is given). */
	protocol: 'tei' | 'openAi';
	/** Named in the id, and sent with `openAi`. */
	model?: string;
	apiKey?: string;
	/** Milliseconds for one request; at least 1. */
	timeoutMs?: number;
	/** Texts in one request; at least 1. TEI's own default limit is 32. */
	batchSize?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_BATCH = 32;

function endpoint({ url, protocol }: HttpEmbedderOptions): string {
	let address: URL;
	try {
		address = new URL(url);
	} catch {
		throw new Error(`embedder: "${url}" is not a URL`);
	}
	const path = address.pathname.replace(/\/+$/, '');
	const last = protocol === 'tei' ? '/embed' : '/embeddings';
	const base = protocol === 'openAi' && path === '' ? '/v1' : path;
	address.pathname = base.endsWith(last) ? base : base + last;
	return address.toString();
}

/** The vectors of a reply in the order of the texts, whatever order the server chose. */
function vectorsOf(reply: unknown, wanted: number): number[][] {
	const rows = Array.isArray(reply) ? reply : (reply as { data?: unknown } | null)?.data;
	if (!Array.isArray(rows) || rows.length !== wanted)
		throw new Error(`embedder: the reply does not hold ${wanted} vectors`);
	const vectors = new Array<number[]>(wanted);
	rows.forEach((row: unknown, at) => {
		const { index, embedding } = Array.isArray(row)
			? { index: at, embedding: row as unknown[] }
			: (row as { index?: number; embedding?: unknown[] });
		if (!Array.isArray(embedding) || embedding.some((value) => typeof value !== 'number'))
			throw new Error('embedder: the reply holds something that is no vector');
		vectors[index ?? at] = embedding as number[];
	});
	return vectors;
}

/**
 * Vectors from a Text Embeddings Inference server or an OpenAI-compatible one.
 *
 * @throws Error that says what the server answered; never with the key in it
 */
export function httpEmbedder(options: HttpEmbedderOptions): Embedder {
	const address = endpoint(options);
	const { protocol, model, apiKey, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
	const batchSize = Math.max(1, options.batchSize ?? DEFAULT_BATCH);
	const headers = apiKey ? { Authorization: `Bearer ${apiKey}` } : {};

	async function embedBatch(texts: string[]): Promise<Float32Array[]> {
		const body = protocol === 'tei' ? { inputs: texts, truncate: true } : { model, input: texts };
		try {
			const { data } = await axios.post<unknown>(address, body, {
				headers,
				timeout: timeoutMs,
				signal: AbortSignal.timeout(timeoutMs),
			});
			return vectorsOf(data, texts.length).map(unitVector);
		} catch (error) {
			if (!axios.isAxiosError(error)) throw error;
			const why = error.response
				? `status ${error.response.status}`
				: (error.code ?? error.message);
			throw new Error(`embedder at ${new URL(address).origin}: ${why}`);
		}
	}

	return {
		id: [protocol, address, model ?? ''].join('/'),
		async embed(texts) {
			const vectors: Float32Array[] = [];
			for (let from = 0; from < texts.length; from += batchSize)
				vectors.push(...(await embedBatch(texts.slice(from, from + batchSize))));
			return vectors;
		},
	};
}
