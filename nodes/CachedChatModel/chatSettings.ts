import type { ISupplyDataFunctions } from 'n8n-workflow';
import type { CachedTurns } from '../shared/core/chat/cacheableTurn';
import { parseCacheControl } from '../shared/core/freshness/cacheControl';
import type { JsonObject } from '../shared/core/json';
import { isJsonObject } from '../shared/core/json';
import { parseJson } from '../shared/core/request/findRequest';
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
	const when = parameter<JsonObject>('storeWhen', {});
	const turns = parameter<CachedTurns>('turns', 'finalAnswers');
	const { timeoutMs = 500 } = options;
	const schema =
		typeof when.schema === 'string' && when.schema.trim() !== ''
			? parseJson(when.schema, 'JSON Schema')
			: when.schema;
	const cache: ChatCacheSettings = {
		namespace: String(parameter('namespace', 'default') || 'default'),
		keyVersion: options.keyVersion ?? '',
		ignoreFields: names(options.ignoreFields),
		maxRequestBytes: options.maxRequestBytes ?? 4 * 1024 ** 2,
		normalization: options.normalization ?? 'none',
		control: parseCacheControl(options.cacheControl ?? ''),
		turns,
		tags: names(options.tags),
		serveStaleOnError: options.serveStaleOnError ?? true,
		onBackendError: options.onBackendError ?? 'miss',
		lookup: {
			coalesce: options.coalesce ?? true,
			coalesceWaitMs: options.coalesceWaitMs ?? 30_000,
			timeoutMs,
		},
		store: {
			ttlMs: Number(parameter('ttlSeconds', 3600)) * 1000,
			graceMs: Number(parameter('graceSeconds', 86_400)) * 1000,
			ttlJitterPercent: options.ttlJitterPercent ?? 10,
			negativeTtlMs: 0,
			rules: {
				complete: when.complete !== false,
				noRefusals: when.noRefusals !== false,
				json: (when.json as 'auto' | 'always' | 'never' | undefined) ?? 'auto',
				schema: isJsonObject(schema) ? schema : undefined,
				minLength: Number(when.minLength ?? 0),
				toolResults: turns === 'all',
			},
			maxEntryBytes: options.maxEntryBytes ?? 1024 ** 2,
			compressAboveBytes: options.compressAboveBytes ?? 4096,
			timeoutMs,
		},
	};
	const { bookCosts = true, providerCache = 'off' } = options;
	return { cache, bookCosts, providerCache };
}

function names(list: unknown): string[] {
	const all = Array.isArray(list) ? list.map(String) : String(list ?? '').split(',');
	return all.map((name) => name.trim()).filter((name) => name !== '');
}
