import type { ISupplyDataFunctions } from 'n8n-workflow';
import type { EmbeddingCacheSettings } from '../shared/services/embeddingCache';

interface Options {
	coalesce?: boolean;
	coalesceWaitMs?: number;
	compressAboveBytes?: number;
	keyVersion?: string;
	maxEntryBytes?: number;
	onBackendError?: 'miss' | 'fail';
	tags?: string;
	timeoutMs?: number;
	ttlJitterPercent?: number;
}

/** Reads the node's parameters. */
export function embeddingSettings(
	ctx: ISupplyDataFunctions,
	itemIndex: number,
): EmbeddingCacheSettings {
	const options = ctx.getNodeParameter('options', itemIndex, {}) as Options;
	const { timeoutMs = 500 } = options;
	return {
		namespace: String(ctx.getNodeParameter('namespace', itemIndex, 'default') || 'default'),
		keyVersion: options.keyVersion ?? '',
		tags: String(options.tags ?? '')
			.split(',')
			.map((tag) => tag.trim())
			.filter((tag) => tag !== ''),
		onBackendError: options.onBackendError ?? 'miss',
		lookup: {
			coalesce: options.coalesce ?? true,
			coalesceWaitMs: options.coalesceWaitMs ?? 30_000,
			timeoutMs,
		},
		store: {
			ttlMs: Number(ctx.getNodeParameter('ttlSeconds', itemIndex, 2_592_000)) * 1000,
			ttlJitterPercent: options.ttlJitterPercent ?? 10,
			maxEntryBytes: options.maxEntryBytes ?? 1024 ** 2,
			compressAboveBytes: options.compressAboveBytes ?? 4096,
			timeoutMs,
		},
	};
}
