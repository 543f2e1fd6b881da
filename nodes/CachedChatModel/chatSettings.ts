import type { ISupplyDataFunctions } from 'n8n-workflow';
import type { CachedTurns } from '../shared/core/chat/cacheableTurn';
import { parseCacheControl } from '../shared/core/freshness/cacheControl';
import type { JsonObject } from '../shared/core/json';
import { keepSettings, storeRules } from '../shared/n8n/keepSettings';
import { readNumber } from '../shared/n8n/readNumber';
import type { ChatCacheSettings } from '../shared/services/chatTurn';

export interface ChatSettings {
	cache: ChatCacheSettings;
	/** Write what calls cost and hits save into the cost ledger. */
	bookCosts: boolean;
	/** Marks for the provider's own prompt cache. */
	providerCache: 'off' | '5m' | '1h';
}

interface Options {
	bookCosts?: boolean;
	providerCache?: 'off' | '5m' | '1h';
	cacheControl?: string;
	coalesce?: boolean;
	coalesceWaitMs?: number;
	compressAboveBytes?: number;
	onBackendError?: 'miss' | 'fail';
	ignoreFields?: string;
	keyVersion?: string;
	maxEntryBytes?: number;
	maxRequestBytes?: number;
	ttlJitterPercent?: number;
	normalization?: 'none' | 'whitespace';
	serveStaleOnError?: boolean;
	tags?: unknown;
	timeoutMs?: number;
}

/** Reads the node's parameters; throws ConfigError. */
export function chatSettings(ctx: ISupplyDataFunctions, itemIndex: number): ChatSettings {
	const parameter = <T>(name: string, fallback: T): T =>
		ctx.getNodeParameter(name, itemIndex, fallback) as T;
	const options = parameter<Options>('options', {});
	const turns = parameter<CachedTurns>('turns', 'finalAnswers');
	const cache: ChatCacheSettings = {
		namespace: String(parameter('namespace', 'default') || 'default'),
		keyVersion: options.keyVersion ?? '',
		ignoreFields: names(options.ignoreFields),
		maxRequestBytes: readNumber(
			options.maxRequestBytes ?? 4 * 1024 ** 2,
			'Largest Request (Bytes)',
		),
		normalization: options.normalization ?? 'none',
		control: parseCacheControl(options.cacheControl ?? ''),
		turns,
		tags: names(options.tags),
		serveStaleOnError: options.serveStaleOnError ?? true,
		onBackendError: options.onBackendError ?? 'miss',
		lookup: {
			coalesce: options.coalesce ?? true,
			coalesceWaitMs: readNumber(options.coalesceWaitMs ?? 30_000, 'Coalesce Wait (Ms)'),
			timeoutMs: readNumber(options.timeoutMs ?? 500, 'Timeout (Ms)'),
		},
		keep: keepSettings(
			{
				...options,
				ttlSeconds: parameter('ttlSeconds', 3600),
				graceSeconds: parameter('graceSeconds', 86_400),
			},
			storeRules(parameter<JsonObject>('storeWhen', {}), turns === 'all'),
		),
	};
	const { bookCosts = true, providerCache = 'off' } = options;
	return { cache, bookCosts, providerCache };
}

function names(list: unknown): string[] {
	const all = Array.isArray(list) ? list.map(String) : String(list ?? '').split(',');
	return all.map((name) => name.trim()).filter((name) => name !== '');
}
