import { settingsOf } from '../core/chat/modelIdentity';
import type { JsonObject } from '../core/json';
import type { Embedded, EmbeddingKind } from '../services/embeddingCache';

/** What this package needs of n8n's (LangChain's) Embeddings. */
export interface Embeddings {
	embedQuery(text: string): Promise<number[]>;
	embedDocuments(texts: string[]): Promise<number[][]>;
	model?: unknown;
	modelName?: unknown;
	clientConfig?: { baseURL?: unknown };
}

/** Embeds texts by way of the cache; `compute` is the model itself. */
export type EmbedCached = (
	texts: string[],
	kind: EmbeddingKind,
	model: JsonObject,
	compute: (missing: string[]) => Promise<number[][]>,
) => Promise<Embedded>;

export function isEmbeddings(value: unknown): value is Embeddings {
	if (typeof value !== 'object' || value === null) return false;
	const { embedQuery, embedDocuments } = value as Partial<Embeddings>;
	return typeof embedQuery === 'function' && typeof embedDocuments === 'function';
}

/**
 * Puts the cache before an embeddings object. n8n hands embeddings over behind a proxy of its own that logs each call,
 * so this is a proxy before that one: what is served from the cache is not logged as a call of the model.
 */
export function cacheEmbeddings(embeddings: Embeddings, embed: EmbedCached): Embeddings {
	const model = embeddingIdentity(embeddings);
	const cached: Embeddings = {
		embedQuery: async (text) => {
			const compute = async () => [await embeddings.embedQuery(text)];
			return (await embed([text], 'query', model, compute)).vectors[0]!;
		},
		embedDocuments: async (texts) => {
			if (texts.length === 0) return await embeddings.embedDocuments(texts);
			const compute = (missing: string[]) => embeddings.embedDocuments(missing);
			return (await embed(texts, 'document', model, compute)).vectors;
		},
	};
	return new Proxy(embeddings, {
		get: (target, name) =>
			name === 'embedQuery' || name === 'embedDocuments'
				? cached[name]
				: (Reflect.get(target, name) as unknown),
	});
}

/** How the calls are cut up does not change a vector. */
const TRAVEL = [
	'batch_size',
	'max_batch_size',
	'encoding_format',
	'lc_namespace',
	'keep_alive',
	'lc_serializable',
];

/** What tells one model's vectors from another's: class, model, dimensions and settings, without secrets. */
function embeddingIdentity(embeddings: Embeddings): JsonObject {
	const settings = settingsOf(embeddings as unknown as Record<string, unknown>);
	for (const name of TRAVEL) delete settings[name];
	const { model, modelName, clientConfig } = embeddings;
	const name = [model, modelName].find((text) => typeof text === 'string');
	const baseUrl = clientConfig?.baseURL;
	return {
		...settings,
		provider: embeddings.constructor.name,
		...(name === undefined ? {} : { model: name }),
		...(typeof baseUrl === 'string' ? { base_url: baseUrl.replace(/\/+$/, '') } : {}),
	};
}
