import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { explainRequest } from '../shared/core/explain/components';
import { parseCacheControl, type CacheControl } from '../shared/core/freshness/cacheControl';
import type { JsonObject } from '../shared/core/json';
import { commaSeparated } from '../shared/core/key/ignoredFields';
import { requestKey } from '../shared/core/key/requestKey';
import { normalizeTexts } from '../shared/core/request/normalizeTexts';
import { perItem } from '../shared/n8n/parameters';
import { requestReader } from '../shared/n8n/readRequest';
import type { LookupRequest } from '../shared/services/lookup';

/** The collection `options` of the node. */
export interface LookupOptions {
	outputField?: string;
	hitItem?: 'keep' | 'answer';
	cacheControl?: string;
	coalesce?: boolean;
	coalesceWaitMs?: number;
	equalItems?: 'each' | 'once';
	normalization?: 'none' | 'whitespace';
	ignoreFields?: string;
	keyVersion?: string;
	maxRequestBytes?: number;
	timeoutMs?: number;
	onBackendError?: 'miss' | 'fail';
}

const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

/** A request as read from its item, or why it could not be. */
export type ReadItem = ReadRequest | { error: unknown };

export interface ReadRequest {
	request: JsonObject;
	keyVersion: string;
	ignoreFields: readonly string[];
	asked: LookupRequest;
}

/** What one item's options say, read; a batch mostly shares one. */
interface ItemSettings {
	keyVersion: string;
	ignoreFields: readonly string[];
	control: CacheControl;
	normalizes: boolean;
	maxBytes: number;
}

/** @throws ConfigError on a cache control that is not understood */
function settingsOf(options: LookupOptions): ItemSettings {
	return {
		keyVersion: options.keyVersion ?? '',
		ignoreFields: commaSeparated(options.ignoreFields ?? ''),
		control: parseCacheControl(options.cacheControl ?? ''),
		normalizes: options.normalization === 'whitespace',
		maxBytes: options.maxRequestBytes ?? MAX_REQUEST_BYTES,
	};
}

/** Reads every item's request and makes its key. */
export async function readItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<ReadItem[]> {
	const read = requestReader(ctx);
	const namespaceOf = perItem(ctx, 'namespace', 'default');
	const options = perItem<LookupOptions>(ctx, 'options', {});
	let known: { options: LookupOptions; settings: ItemSettings } | undefined;
	const settingsAt = (index: number): ItemSettings => {
		const given = options(index);
		if (known?.options !== given) known = { options: given, settings: settingsOf(given) };
		return known.settings;
	};
	const all: ReadItem[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const { keyVersion, ignoreFields, control, normalizes, maxBytes } = settingsAt(index);
			const reading = read(item, index);
			const found = reading instanceof Promise ? await reading : reading;
			const request = normalizes ? (normalizeTexts(found) as JsonObject) : found;
			const namespace = String(namespaceOf(index) || 'default');
			const key = requestKey(request, { namespace, keyVersion, ignoreFields, maxBytes });
			const explained = explainRequest(request, keyVersion, ignoreFields);
			const asked = { namespace, key, explained, control };
			all.push({ request, keyVersion, ignoreFields, asked });
		} catch (error) {
			all.push({ error });
		}
	}
	return all;
}
