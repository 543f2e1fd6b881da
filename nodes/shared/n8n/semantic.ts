import { LRUCache } from 'lru-cache';
import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type ISupplyDataFunctions,
} from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import type { GuardName } from '../core/guards/allGuards';
import { unitVector } from '../core/semantic/pooling';
import { builtInEmbedder } from '../drivers/embedders/builtIn';
import { httpEmbedder } from '../drivers/embedders/http';
import { rememberingEmbedder } from '../drivers/embedders/remembering';
import { qdrantVectorIndex } from '../drivers/qdrant/vectorIndex';
import { loadSemanticTables } from '../drivers/tables/embeddingTable';
import type { Embedder } from '../ports/Embedder';
import type { VectorIndex } from '../ports/VectorIndex';
import type { SemanticDeps, SemanticSettings } from '../services/semanticMatching';
import type { Connection } from './connections';
import { readNumber } from './readNumber';

/** The collection of `semanticProperties`. */
export interface SemanticOptions {
	embedder?: 'builtIn' | 'subNode' | 'http';
	embedderUrl?: string;
	embedderProtocol?: 'tei' | 'openAi';
	embedderModel?: string;
	index?: 'auto' | 'qdrant';
	qdrantUrl?: string;
	policy?: SemanticSettings['policy'];
	threshold?: number;
	guards?: GuardName[];
	scope?: string;
	maxErrorRate?: number;
	labelBy?: SemanticSettings['labelBy'];
	judgeTimeoutMs?: number;
}

const PLAIN_THRESHOLD = 0.9;
/** Under the guarded decision the pair model and the guards decide; a foreign embedder only keeps far prompts out. */
const GUARDED_THRESHOLD = 0.8;

/** Embedders and indexes by where they are; each remembers what it has seen. */
const embedders = new LRUCache<string, Embedder>({ max: 32 });
const qdrants = new LRUCache<string, VectorIndex>({ max: 8 });

/**
 * Embedder and index for semantic matching.
 * @throws ConfigError where the embedder or index that is asked for is not there or not named
 */
export async function semanticDeps(
	ctx: IExecuteFunctions | ISupplyDataFunctions,
	connection: Connection,
	options: SemanticOptions,
): Promise<SemanticDeps> {
	return {
		store: connection.store,
		memory: connection.memory,
		clock: connection.clock,
		index: await indexOf(connection, options),
		embedder: await embedderOf(ctx, options),
		tables: loadSemanticTables,
	};
}

async function indexOf(
	connection: Connection,
	{ index, qdrantUrl = '' }: SemanticOptions,
): Promise<VectorIndex> {
	if (index !== 'qdrant') return await connection.vectorIndex();
	const url = checkedUrl(qdrantUrl, 'Qdrant URL', 'http://qdrant:6333');
	const known = qdrants.get(url);
	if (known) return known;
	const apiKey = process.env.N8N_PROMPT_CACHE_QDRANT_API_KEY;
	const opened = qdrantVectorIndex({ url, apiKey }, connection.clock);
	qdrants.set(url, opened);
	return opened;
}

async function embedderOf(
	ctx: IExecuteFunctions | ISupplyDataFunctions,
	{
		embedder = 'builtIn',
		embedderUrl = '',
		embedderProtocol = 'tei',
		embedderModel,
	}: SemanticOptions,
): Promise<Embedder> {
	if (embedder === 'subNode') return await subNodeEmbedder(ctx);
	const url = embedder === 'http' ? checkedUrl(embedderUrl, 'Embedder URL', 'http://tei:8080') : '';
	const name = JSON.stringify([embedder, url, embedderProtocol, embedderModel]);
	const known = embedders.get(name);
	if (known) return known;
	const apiKey = process.env.N8N_PROMPT_CACHE_EMBEDDER_API_KEY;
	const opened =
		embedder === 'http'
			? rememberingEmbedder(
					httpEmbedder({ url, protocol: embedderProtocol, model: embedderModel, apiKey }),
				)
			: builtInEmbedder();
	embedders.set(name, opened);
	return opened;
}

function checkedUrl(url: string, parameter: string, example: string): string {
	if (/^https?:\/\/[^/]/.test(url)) return url;
	throw new ConfigError(`"${url}" is not a URL`, parameter, `e.g. ${example}`);
}

/** @throws ConfigError where the promised error rate is none */
export function semanticSettings(
	options: SemanticOptions,
	timeoutMs: number,
	encryptionKeys: readonly Buffer[],
): SemanticSettings {
	const { policy = 'guarded', threshold, guards, embedder = 'builtIn' } = options;
	const { maxErrorRate = 0.01, labelBy = 'embedding', judgeTimeoutMs = 10_000 } = options;
	if (!(maxErrorRate > 0 && maxErrorRate < 1)) {
		throw new ConfigError(
			`"Highest Error Rate" must lie between 0 and 1, but is ${maxErrorRate}`,
			'Highest Error Rate',
			'e.g. 0.01 for one wrong answer in a hundred',
		);
	}
	const guardedOwn = embedder === 'builtIn' ? 0 : GUARDED_THRESHOLD;
	const own = policy === 'threshold' ? PLAIN_THRESHOLD : guardedOwn;
	return {
		policy,
		threshold: readNumber(threshold ?? own, 'Threshold', 0, 1),
		guards: guards && new Set(guards),
		maxErrorRate,
		labelBy,
		judgeTimeoutMs: readNumber(judgeTimeoutMs, 'Judge Timeout (Ms)'),
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
