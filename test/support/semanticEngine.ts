/** Stores answers and finds them by meaning over one connection, as the nodes do. */
import type { Json } from '../../nodes/shared/core/json';
import {
	semanticQuestion,
	type SemanticQuestion,
} from '../../nodes/shared/core/semantic/partition';
import { builtInEmbedder } from '../../nodes/shared/drivers/embedders/builtIn';
import { loadSemanticTables } from '../../nodes/shared/drivers/tables/embeddingTable';
import type { Connection } from '../../nodes/shared/n8n/connections';
import { semanticLookup, type SemanticOutcome } from '../../nodes/shared/services/semanticLookup';
import type { SemanticDeps, SemanticSettings } from '../../nodes/shared/services/semanticMatching';
import { indexStored } from '../../nodes/shared/services/semanticStore';
import {
	storeAnswers,
	type StoreOutcome,
	type KeepSettings,
} from '../../nodes/shared/services/store';
import { asked, STORE_SETTINGS } from './engine';

export const SEMANTIC_SETTINGS: SemanticSettings = {
	policy: 'guarded',
	maxErrorRate: 0.01,
	labelBy: 'equality',
	judgeTimeoutMs: 1_000,
	threshold: 0,
	timeoutMs: 5_000,
	encryptionKeys: [],
};

export interface SemanticEngine {
	deps: SemanticDeps;
	/** The question of the words put to a model; two models are two frames. */
	question(words: string, model: string): SemanticQuestion;
	store(
		words: string,
		model: string,
		answer: Json,
		over?: Partial<KeepSettings> & { tags?: string[] },
	): Promise<StoreOutcome>;
	ask(words: string, model: string, over?: Partial<SemanticSettings>): Promise<SemanticOutcome>;
}

export async function semanticEngine(connection: Connection): Promise<SemanticEngine> {
	const embedder = builtInEmbedder();
	const index = await connection.vectorIndex();
	const deps = { ...connection, index, embedder, tables: loadSemanticTables };
	const question = (words: string, model: string): SemanticQuestion =>
		semanticQuestion(
			{ model, messages: [{ role: 'user', content: words }] },
			{
				namespace: 'default',
				keyVersion: '',
				ignoreFields: [],
				scope: '',
				embedderId: embedder.id,
			},
		)!;
	return {
		deps,
		question,
		store: async (words, model, response, { tags = [], ...over } = {}) => {
			const { namespace, key, explained } = asked(words, '', { model });
			const { text: prompt, frameId, partitionId: id } = question(words, model);
			const [vector] = await embedder.embed([prompt]);
			const partition = { namespace, id };
			const semantic = { partition, prompt, frameId, vector: vector!, index };
			const keep = { ...STORE_SETTINGS, ...over };
			const known = { namespace, key, keyVersion: '', explained, latencyMs: null, keep };
			const request = { ...known, response, tags, semantic };
			const outcomes = await storeAnswers([request], STORE_SETTINGS, connection);
			await indexStored([request], outcomes, deps);
			return outcomes[0]!;
		},
		ask: async (words, model, over) => {
			const { namespace, control } = asked(words, '', { model });
			const request = { namespace, control, question: question(words, model) };
			const settings = { ...SEMANTIC_SETTINGS, ...over };
			return (await semanticLookup([request], settings, deps))[0]!;
		},
	};
}
