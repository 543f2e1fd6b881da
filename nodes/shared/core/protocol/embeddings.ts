import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import type { EndpointError } from './errors';
import type { AnswerFrame } from './protocol';
import { readError } from './replyErrors';

export type ReadEmbeddings = { ok: true; body: JsonObject } | { ok: false; error: EndpointError };

/**
 * The answer to an embeddings request as OpenAI gives it. Takes OpenAI's own list, Ollama's
 * `embeddings`, Gemini's `embedding.values`, or `embedding` and `vector` alone. Where the client asked
 * for base64 (little-endian 32-bit floats, what the official client does), numbers are packed so.
 */
export function embeddingsBody(item: JsonObject, frame: AnswerFrame): ReadEmbeddings {
	const error = readError(item);
	if (error) return { ok: false, error };
	const body = isJsonObject(item.body) && 'statusCode' in item ? item.body : item;
	const vectors = vectorsOf(body);
	if (!vectors) {
		const message =
			'The workflow ended without embeddings: its last node must give an embeddings reply, or a field "embedding"';
		return { ok: false, error: { status: 502, message, code: 'no_answer' } };
	}
	const pack = frame.request.encoding_format === 'base64';
	const data = vectors.map((vector, index) => ({
		object: 'embedding',
		index,
		embedding: pack && Array.isArray(vector) ? base64(vector) : vector,
	}));
	const model = typeof body.model === 'string' ? body.model : String(frame.request.model ?? '');
	const counted = typeof body.prompt_eval_count === 'number' ? body.prompt_eval_count : 0;
	const usage = isJsonObject(body.usage)
		? body.usage
		: { prompt_tokens: counted, total_tokens: counted };
	return { ok: true, body: { object: 'list', data, model, usage } };
}

function vectorsOf(body: JsonObject): Json[] | undefined {
	if (Array.isArray(body.data)) {
		const rows = body.data.filter(isJsonObject).map((row) => row.embedding);
		return rows.every((row) => row !== undefined) && rows.length > 0 ? (rows as Json[]) : undefined;
	}
	if (Array.isArray(body.embeddings)) return body.embeddings.map(valuesOf);
	const one = body.embedding ?? body.vector;
	return one === undefined ? undefined : [valuesOf(one)];
}

const valuesOf = (vector: Json): Json =>
	isJsonObject(vector) && Array.isArray(vector.values) ? vector.values : vector;

function base64(vector: Json[]): string {
	const bytes = Buffer.alloc(vector.length * 4);
	vector.forEach((value, at) => bytes.writeFloatLE(Number(value), at * 4));
	return bytes.toString('base64');
}
