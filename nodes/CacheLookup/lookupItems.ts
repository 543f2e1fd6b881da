import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import { explainRequest } from '../shared/core/explain/components';
import { parseCacheControl } from '../shared/core/freshness/cacheControl';
import type { Json, JsonObject } from '../shared/core/json';
import { isJsonObject } from '../shared/core/json';
import { requestKey } from '../shared/core/key/requestKey';
import { normalizeTexts } from '../shared/core/request/normalizeTexts';
import { openBackend } from '../shared/n8n/backend';
import type { Connection } from '../shared/n8n/connections';
import { writeLease } from '../shared/n8n/lease';
import { perItem } from '../shared/n8n/parameters';
import { requestReader } from '../shared/n8n/readRequest';
import { isHit, lookup, type LookupOutcome, type LookupRequest } from '../shared/services/lookup';
import { releaseFailed } from './releaseFailed';

interface LookupOptions {
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
	asked: LookupRequest;
}

export interface BackendAnswer {
	/** Undefined where the backend failed. */
	connection?: Connection;
	outcomes: Map<ReadRequest, LookupOutcome>;
}

export interface ItemResult {
	hit: boolean;
	item: INodeExecutionData;
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
			all.push({ request, keyVersion, asked: { namespace: space, key, explained, control } });
		} catch (error) {
			all.push({ error });
		}
	}
	return all;
}

/** Asks the backend for all readable requests at once; where it fails, every one is a miss, unless the user wants the error. */
export async function askBackend(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
	read: ReadItem[],
): Promise<BackendAnswer> {
	const readable = read.filter((one): one is ReadRequest => 'asked' in one);
	const asked = readable.map((one) => one.asked);
	const options = ctx.getNodeParameter('options', 0, {}) as LookupOptions;
	const {
		coalesce = true,
		coalesceWaitMs = 30_000,
		timeoutMs = 500,
		onBackendError = 'miss',
	} = options;
	try {
		const connection = await openBackend(ctx);
		const { encryptionKeys } = connection;
		const operation = ctx.getNodeParameter('operation', 0) as 'lookup' | 'fallback';
		if (operation === 'fallback') await releaseFailed(ctx, items, connection, timeoutMs);
		const settings = { operation, coalesce, coalesceWaitMs, timeoutMs, encryptionKeys };
		const outcomes = asked.length === 0 ? [] : await lookup(asked, settings, connection);
		const byRequest = new Map(readable.map((one, at) => [one, outcomes[at]!]));
		if (connection.notice) ctx.logger.warn(connection.notice);
		connection.notice = undefined;
		return { connection, outcomes: byRequest };
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || onBackendError === 'fail') throw error;
		const reasons = [`backend unreachable: ${error.message}`];
		if (error.hint) reasons.push(error.hint);
		const miss: LookupOutcome = { status: 'miss', reasons, leader: false, unavailable: true };
		return { outcomes: new Map(readable.map((one) => [one, miss])) };
	}
}

/** Remembers a miss for Cache Store, and makes the item that leaves the node. */
export function toResult(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
	one: ReadRequest,
	{ connection, outcomes }: BackendAnswer,
	timing: { startedAtMs: number; lookupMs: number },
): ItemResult {
	const { request, keyVersion, asked } = one;
	const outcome = outcomes.get(one)!;
	const hit = isHit(outcome) ? outcome : undefined;
	const { namespace, key, explained, control } = asked;
	if (!hit && control.onlyIfCached) {
		throw new ConfigError(
			`No cached answer, and only-if-cached was asked for (${outcome.reasons.join('; ')})`,
			'Cache Control',
			'Leave only-if-cached out to let the model answer.',
		);
	}
	const { token, epoch } = outcome;
	const { startedAtMs, lookupMs } = timing;
	const leads = isHit(outcome) ? outcome.refresh : outcome.leader;
	const computes = !hit || hit.refresh;
	if (token && connection && computes) {
		connection.pending.set(token, {
			namespace,
			key,
			keyVersion,
			request,
			explained,
			epoch,
			startedAtMs,
			leads,
		});
	}
	const cache: JsonObject = {
		status: outcome.status,
		layer: hit ? 'exact' : null,
		key,
		namespace,
		backend: ctx.getNodeParameter('backend', 0) as string,
		reasons: outcome.reasons,
		ageSeconds: hit ? Math.round(hit.ageMs / 1000) : null,
		ttlSeconds: hit ? Math.round((hit.entry.meta.ttlMs - hit.ageMs) / 1000) : null,
		similarity: null,
		lookupMs,
		leader: leads && !hit,
		refresh: hit?.refresh ?? false,
		saved: hit ? savedBy(hit.entry.meta.latencyMs, hit.entry.meta.usage) : nothingSaved(),
	};
	if (token && computes) cache.lease = writeLease({ token, epoch, startedAtMs });
	const json = hit
		? hitJson(ctx, item.json as JsonObject, itemIndex, hit.entry.response, cache)
		: { ...item.json, cache };
	return {
		hit: hit !== undefined,
		item: {
			json: json as INodeExecutionData['json'],
			binary: item.binary,
			pairedItem: { item: itemIndex },
		},
	};
}

function hitJson(
	ctx: IExecuteFunctions,
	json: JsonObject,
	itemIndex: number,
	response: Json,
	cache: JsonObject,
): JsonObject {
	const { outputField = 'response', hitItem = 'keep' } = perItem<LookupOptions>(
		ctx,
		'options',
		{},
	)(itemIndex);
	if (hitItem === 'answer') {
		return isJsonObject(response) ? { ...response, cache } : { [outputField]: response, cache };
	}
	return { ...json, [outputField]: response, cache };
}

function savedBy(latencyMs: number | null, usage: Json | undefined): JsonObject {
	const counts = isJsonObject(usage) ? Object.values(usage) : [];
	const numbers = counts.filter((count): count is number => typeof count === 'number');
	return {
		tokens: numbers.length > 0 ? numbers.reduce((sum, count) => sum + count, 0) : null,
		usd: null,
		latencyMs,
	};
}

const nothingSaved = (): JsonObject => ({ tokens: 0, usd: 0, latencyMs: 0 });
