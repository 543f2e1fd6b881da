import type { ISupplyDataFunctions } from 'n8n-workflow';
import { keepSettings } from '../shared/n8n/keepSettings';
import { readNumber } from '../shared/n8n/readNumber';
import type { EmbeddingCacheSettings } from '../shared/services/embeddingCache';
import type { KeepSettings } from '../shared/services/store';

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

/** A vector is no answer that could be cut, refused or no JSON. */
const VECTOR_RULES: KeepSettings['rules'] = {
	complete: false,
	noRefusals: false,
	json: 'never',
	minLength: 0,
	toolResults: true,
};

/** Reads the node's parameters; throws ConfigError. */
export function embeddingSettings(
	ctx: ISupplyDataFunctions,
	itemIndex: number,
): EmbeddingCacheSettings {
	const options = ctx.getNodeParameter('options', itemIndex, {}) as Options;
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
			coalesceWaitMs: readNumber(options.coalesceWaitMs ?? 30_000, 'Coalesce Wait (Ms)'),
			timeoutMs: readNumber(options.timeoutMs ?? 500, 'Timeout (Ms)'),
		},
		keep: keepSettings(
			{
				...options,
				ttlSeconds: ctx.getNodeParameter('ttlSeconds', itemIndex, 2_592_000),
				graceSeconds: 0,
			},
			VECTOR_RULES,
		),
	};
}
