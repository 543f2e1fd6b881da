import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import { explainRequest } from '../shared/core/explain/components';
import type { Json, JsonObject } from '../shared/core/json';
import { isJsonObject } from '../shared/core/json';
import { commaSeparated } from '../shared/core/key/ignoredFields';
import { requestKey } from '../shared/core/key/requestKey';
import { requestTexts } from '../shared/core/request/requestTexts';
import { loadSemanticTables } from '../shared/drivers/tables/embeddingTable';
import { attachedModel } from '../shared/n8n/attachedModel';
import { openBackend } from '../shared/n8n/backend';
import type { Connection } from '../shared/n8n/connections';
import { keepSettings, storeRules } from '../shared/n8n/keepSettings';
import { readLease, type Lease } from '../shared/n8n/lease';
import { failedItem } from '../shared/n8n/nodeErrors';
import { once, perItem } from '../shared/n8n/parameters';
import { readNumber } from '../shared/n8n/readNumber';
import { requestReader } from '../shared/n8n/readRequest';
import { releaseFailed } from '../shared/n8n/releaseFailed';
import { replyJudge } from '../shared/n8n/replyJudge';
import { usageToStore } from '../shared/n8n/storedUsage';
import {
	upstreamCache,
	upstreamLookupName,
	type UpstreamCache,
} from '../shared/n8n/upstreamLookup';
import { indexStored, type IndexableRequest } from '../shared/services/semanticStore';
import {
	storeAnswers,
	UNSEEN,
	type KeepSettings,
	type StoreOutcome,
} from '../shared/services/store';

interface StoreOptions {
	compressAboveBytes?: number;
	ignoreFields?: string;
	judge?: boolean;
	keyVersion?: string;
	maxEntryBytes?: number;
	negativeTtlSeconds?: number;
	onBackendError?: 'skip' | 'fail';
	timeoutMs?: number;
}

const modelOf = (request: JsonObject | undefined): string | null =>
	request ? requestTexts(request).model : null;

type Target = Omit<IndexableRequest, 'response' | 'reply' | 'tags' | 'latencyMs' | 'keep'> & {
	startedAtMs?: number;
	/** The lookup was another process's, or is long ago: this one does not know what was asked. */
	isUnknown?: boolean;
};

/** Operation `store`: every item passes through, with what became of it in `cache`. */
export async function storeItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const options = once<StoreOptions>(ctx, 'options', {});
	const timeoutMs = readNumber(options.timeoutMs ?? 500, 'Timeout (Ms)');
	const skips = (options.onBackendError ?? 'skip') === 'skip';
	let connection: Connection | undefined;
	let unavailable: StoreUnavailable | undefined;
	try {
		connection = await openBackend(ctx);
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || !skips) throw error;
		unavailable = error;
	}
	const read = await readRequests(ctx, items, connection);
	const requests = read.flatMap((one) => ('request' in one ? [one.request] : []));
	const failed = [...items.entries()].filter(([index]) => 'error' in read[index]!);
	let outcomes: StoreOutcome[] = [];
	if (connection && failed.length > 0) {
		// A lease that cannot be given up expires by itself.
		await releaseFailed(ctx, failed, connection, timeoutMs).catch(() => undefined);
	}
	if (connection && requests.length > 0) {
		try {
			const { encryptionKeys } = connection;
			outcomes = await storeAnswers(requests, { timeoutMs, encryptionKeys }, connection);
		} catch (error) {
			if (!(error instanceof StoreUnavailable) || !skips) throw error;
			unavailable = error;
		}
	}
	if (connection) {
		const judge = options.judge
			? replyJudge(() => attachedModel(ctx), connection.clock)
			: undefined;
		await indexStored(requests, outcomes, { ...connection, tables: loadSemanticTables, judge });
	}
	let at = 0;
	return read.map((one, index) => {
		const item = items[index]!;
		if ('error' in one) return failedItem(ctx, one.error, index);
		const outcome = outcomes[at++] ?? notStored(unavailable);
		if (one.isUnknown && outcome.stored) outcome.reasons.push(UNCHECKED);
		return withOutcome(item, index, one.request.key, outcome);
	});
}

const UNCHECKED = 'not checked against its request, which this process does not know';

function notStored(unavailable: StoreUnavailable | undefined): StoreOutcome {
	const reasons = [`backend unreachable: ${unavailable?.message ?? 'unknown'}`];
	if (unavailable?.hint) reasons.push(unavailable.hint);
	return { stored: false, reasons };
}

function withOutcome(
	item: INodeExecutionData,
	index: number,
	key: string,
	outcome: StoreOutcome,
): INodeExecutionData {
	const cache: JsonObject = {
		...(isJsonObject(item.json.cache) ? item.json.cache : {}),
		stored: outcome.stored,
		reasons: outcome.reasons,
		key,
		sizeBytes: outcome.stored ? outcome.sizeBytes : null,
		expiresAt: outcome.stored ? new Date(outcome.expiresAtMs).toISOString() : null,
		...(outcome.stored && outcome.judge && { judge: { ...outcome.judge } }),
	};
	return { json: { ...item.json, cache }, binary: item.binary, pairedItem: { item: index } };
}

type ReadRequest = { request: IndexableRequest; isUnknown: boolean } | { error: unknown };

async function readRequests(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
	connection: Connection | undefined,
): Promise<ReadRequest[]> {
	const target = targetReader(ctx, connection);
	const response = perItem<Json>(ctx, 'response', '');
	const tags = perItem<unknown>(ctx, 'tags', '');
	const keep = keepReader(ctx);
	const nowMs = Date.now();
	const all: ReadRequest[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const { startedAtMs, isUnknown = false, ...known } = await target(item, index);
			const { cache: _cache, ...reply } = item.json as JsonObject;
			const given = response(index);
			const shaped = given === '' || given === undefined || given === null ? undefined : given;
			all.push({
				request: {
					...known,
					response: shaped ?? reply,
					reply: shaped === undefined ? undefined : reply,
					usage: usageToStore(reply, modelOf(known.request), nowMs),
					tags: readTags(tags(index)),
					latencyMs: startedAtMs === undefined ? null : Math.max(0, nowMs - startedAtMs),
					keep: keep(index),
				},
				isUnknown,
			});
		} catch (error) {
			all.push({ error });
		}
	}
	return all;
}

function targetReader(
	ctx: IExecuteFunctions,
	connection: Connection | undefined,
): (item: INodeExecutionData, index: number) => Promise<Target> {
	const entryFor = ctx.getNodeParameter('entryFor', 0, 'lookup') as string;
	const namespaceOf = perItem<unknown>(ctx, 'namespace', 'default');
	const namespace = (index: number): string => String(namespaceOf(index) || 'default');
	const options = perItem<StoreOptions>(ctx, 'options', {});
	if (entryFor === 'key') {
		const key = perItem(ctx, 'key', '');
		return async (_item, index) => ({
			namespace: namespace(index),
			key: checkedKey(String(key(index))),
			keyVersion: options(index).keyVersion ?? '',
		});
	}
	if (entryFor === 'request') {
		const read = requestReader(ctx);
		return async (item, index) => {
			const { keyVersion = '', ignoreFields = '' } = options(index);
			const ignored = commaSeparated(ignoreFields);
			const request = await read(item, index);
			const space = namespace(index);
			const key = requestKey(request, { namespace: space, keyVersion, ignoreFields: ignored });
			return {
				namespace: space,
				key,
				keyVersion,
				request,
				explained: explainRequest(request, keyVersion, ignored),
			};
		};
	}
	const lookupName = upstreamLookupName(ctx);
	return async (item, index) => {
		const cache = upstreamCache(ctx, item, index, lookupName);
		if (!cache) throw noLookup(lookupName);
		const lease = readLease(cache.lease);
		const pending = lease && connection?.pending.get(lease.token);
		return {
			namespace: cache.namespace,
			key: checkedKey(cache.key),
			keyVersion: lease?.keyVersion ?? '',
			model: lease?.model,
			request: pending?.request,
			explained: pending?.explained,
			semantic: pending?.semantic,
			epoch: lease?.epoch,
			leaseToken: lease?.token,
			startedAtMs: lease?.startedAtMs,
			refusal: refusalOf(cache, lease),
			isUnknown: lease !== undefined && pending === undefined,
		};
	};
}

function refusalOf({ status }: UpstreamCache, lease: Lease | undefined): string | undefined {
	if (status === 'bypass') return 'no-store was asked for';
	if (lease) return undefined;
	return status === 'miss' ? UNSEEN : 'it came from the cache';
}

function noLookup(lookupName: string | undefined): ConfigError {
	return lookupName
		? new ConfigError(
				`The item cannot be traced back to "${lookupName}"`,
				'Entry For',
				'A node in between breaks n8n\'s item linking. Set "Entry For" to "A Key Given Below" and use the cache.key of the lookup.',
			)
		: new ConfigError(
				'There is no Cache Lookup before this node',
				'Entry For',
				'Connect one before the model call, or give a key or a request by hand.',
			);
}

function checkedKey(key: string): string {
	if (/^[0-9a-f]{64}$/.test(key)) return key;
	throw new ConfigError(
		`"${key.slice(0, 80)}" is not a cache key`,
		'Key',
		'A key has 64 hex characters; Cache Lookup gives it as cache.key.',
	);
}

function readTags(tags: unknown): string[] {
	const list = Array.isArray(tags) ? tags.map(String) : String(tags ?? '').split(',');
	return list.map((tag) => tag.replace(/\s+/g, ' ').trim()).filter((tag) => tag !== '');
}

/** How each item is kept; a batch mostly shares one. */
function keepReader(ctx: IExecuteFunctions): (index: number) => KeepSettings {
	const [ttlSeconds, graceSeconds, ttlJitterPercent] = [
		perItem<unknown>(ctx, 'ttlSeconds', 3600),
		perItem<unknown>(ctx, 'graceSeconds', 86_400),
		perItem<unknown>(ctx, 'ttlJitterPercent', 10),
	];
	const when = perItem<JsonObject>(ctx, 'storeWhen', {});
	const options = perItem<StoreOptions>(ctx, 'options', {});
	let last: { given: unknown[]; keep: KeepSettings } | undefined;
	return (index) => {
		const given = [ttlSeconds, graceSeconds, ttlJitterPercent, when, options].map((at) =>
			at(index),
		);
		if (!last || given.some((value, at) => value !== last!.given[at])) {
			const keep = keepSettings(
				{
					...options(index),
					ttlSeconds: ttlSeconds(index),
					graceSeconds: graceSeconds(index),
					ttlJitterPercent: ttlJitterPercent(index),
				},
				storeRules(when(index), when(index).toolResults === true),
			);
			last = { given, keep };
		}
		return last.keep;
	};
}
