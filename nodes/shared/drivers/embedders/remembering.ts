import { LRUCache } from 'lru-cache';
import type { Embedder } from '../../ports/Embedder';

const DEFAULT_TEXTS = 2_000;

/**
 * Remembers the vectors of the last texts, so that one text is embedded once by lookup and store.
 *
 * @param most texts kept at a time; at least 1
 */
export function rememberingEmbedder(embedder: Embedder, most = DEFAULT_TEXTS): Embedder {
	const known = new LRUCache<string, Float32Array>({ max: most });
	return {
		get id() {
			return embedder.id;
		},
		async embed(texts) {
			const vectors = new Map(texts.map((text) => [text, known.get(text)]));
			const missing = [...vectors.keys()].filter((text) => vectors.get(text) === undefined);
			const fresh = missing.length === 0 ? [] : await embedder.embed(missing);
			missing.forEach((text, at) => {
				vectors.set(text, fresh[at]);
				known.set(text, fresh[at]!);
			});
			return texts.map((text) => vectors.get(text)!);
		},
	};
}
