import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { explainRequest } from '../shared/core/explain/components';
import { parseCacheControl } from '../shared/core/freshness/cacheControl';
import type { JsonObject } from '../shared/core/json';
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

/** Reads every item's request and makes its key. */
export async function readItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<ReadItem[]> {
	const read = requestReader(ctx);
	const namespace = perItem(ctx, 'namespace', 'default');
	const options = perItem<LookupOptions>(ctx, 'options', {});
	const all: ReadItem[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const {
				keyVersion = '',
				ignoreFields = '',
				cacheControl = '',
				normalization,
				maxRequestBytes: maxBytes = MAX_REQUEST_BYTES,
			} = options(index);
			const found = await read(item, index);
			const request =
				normalization === 'whitespace' ? (normalizeTexts(found) as JsonObject) : found;
			const ignored = ignoreFields.split(',').map((name) => name.trim());
			const space = String(namespace(index) || 'default');
			const key = requestKey(request, {
				namespace: space,
				keyVersion,
				ignoreFields: ignored,
				maxBytes,
			});
			const explained = explainRequest(request, keyVersion, ignored);
			const control = parseCacheControl(cacheControl);
			all.push({
				request,
				keyVersion,
				ignoreFields: ignored,
				asked: { namespace: space, key, explained, control },
			});
		} catch (error) {
			all.push({ error });
		}
	}
	return all;
}
