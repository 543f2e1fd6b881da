import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type ISupplyDataFunctions,
} from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import type { GuardName } from '../core/guards/allGuards';
import { embedText, unitVector } from '../core/semantic/pooling';
import { loadSemanticTables } from '../drivers/tables/embeddingTable';
import type { Embedder } from '../ports/Embedder';
import type { SemanticDeps, SemanticSettings } from '../services/semanticLookup';
import type { Connection } from './connections';

/** The collection of `semanticProperties`. */
export interface SemanticOptions {
	embedder?: 'builtIn' | 'subNode';
	policy?: SemanticSettings['policy'];
	threshold?: number;
	guards?: GuardName[];
	scope?: string;
	maxErrorRate?: number;
	labelBy?: SemanticSettings['labelBy'];
}

const PLAIN_THRESHOLD = 0.9;

/** Change the version when the table in nodes/shared/data changes: old vectors must not meet new ones. */
const BUILT_IN: Embedder = {
	id: 'built-in/1',
	embed: async (texts) => texts.map((text) => embedText(text, loadSemanticTables().embedding)),
};

/**
 * Embedder and index for semantic matching.
 * @throws ConfigError where an Embeddings node is asked for and none is connected
 */
export async function semanticDeps(
	ctx: IExecuteFunctions | ISupplyDataFunctions,
	connection: Connection,
	{ embedder = 'builtIn' }: SemanticOptions,
): Promise<SemanticDeps> {
	return {
		store: connection.store,
		memory: connection.memory,
		clock: connection.clock,
		index: await connection.vectorIndex(),
		embedder: embedder === 'subNode' ? await subNodeEmbedder(ctx) : BUILT_IN,
		tables: loadSemanticTables,
	};
}

/** @throws ConfigError where the promised error rate is none */
export function semanticSettings(
	options: SemanticOptions,
	timeoutMs: number,
	encryptionKeys: readonly Buffer[],
): SemanticSettings {
	const { policy = 'guarded', threshold, guards, embedder = 'builtIn' } = options;
	const { maxErrorRate = 0.01, labelBy = 'embedding' } = options;
	if (!(maxErrorRate > 0 && maxErrorRate < 1)) {
		throw new ConfigError(
			`"Highest Error Rate" must lie between 0 and 1, but is ${maxErrorRate}`,
			'Highest Error Rate',
			'e.g. 0.01 for one wrong answer in a hundred',
		);
	}
	const own = policy !== 'threshold' && embedder === 'builtIn' ? 0 : PLAIN_THRESHOLD;
	return {
		policy,
		threshold: threshold ?? own,
		guards: guards && new Set(guards),
		maxErrorRate,
		labelBy,
		timeoutMs,
		encryptionKeys,
	};
}

/** What this package needs of n8n's (LangChain's) Embeddings. */
interface Embeddings {
	embedDocuments(texts: string[]): Promise<number[][]>;
	model?: string;
	modelName?: string;
	dimensions?: number;
}

async function subNodeEmbedder(ctx: IExecuteFunctions | ISupplyDataFunctions): Promise<Embedder> {
	const supplied: unknown = await ctx.getInputConnectionData(NodeConnectionTypes.AiEmbedding, 0);
	const embeddings = (Array.isArray(supplied) ? supplied[0] : supplied) as Embeddings | undefined;
	if (typeof embeddings?.embedDocuments !== 'function') {
		throw new ConfigError(
			'No Embeddings node is connected',
			'Embedder',
			'Connect one below this node, or choose the built-in embedder.',
		);
	}
	const model = embeddings.model ?? embeddings.modelName ?? '';
	return {
		id: [embeddings.constructor.name, model, embeddings.dimensions ?? ''].join('/'),
		embed: async (texts) => (await embeddings.embedDocuments(texts)).map(unitVector),
	};
}
