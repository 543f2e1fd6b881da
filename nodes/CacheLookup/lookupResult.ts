import type { INodeExecutionData } from 'n8n-workflow';
import type { Entry } from '../shared/core/entry/envelope';
import { ConfigError } from '../shared/core/errors';
import type { Json, JsonObject } from '../shared/core/json';
import { isJsonObject } from '../shared/core/json';
import { requestTexts } from '../shared/core/request/requestTexts';
import { decisionSpan } from '../shared/core/trace/decisionSpan';
import type { Span } from '../shared/core/trace/trace';
import { writeEqualItems, type EqualItems } from '../shared/n8n/equalItems';
import { writeLease } from '../shared/n8n/lease';
import { nothingSaved, savedByHit } from '../shared/n8n/storedUsage';
import { isHit, type LookupOutcome } from '../shared/services/lookup';
import type { SemanticOutcome } from '../shared/services/semanticLookup';
import type { BackendAnswer } from './askBackend';
import type { LookupOptions, ReadRequest } from './readItems';

export interface ItemResult {
	hit: boolean;
	item: INodeExecutionData;
}

/** An answer that is served, wherever it was found. */
interface Served {
	layer: 'exact' | 'semantic';
	entry: Entry;
	ageMs: number;
	refresh: boolean;
	stale: boolean;
	/** What the semantic index adds. */
	nearness?: { similarity: number; matchedPrompt: string; matchedKey: string };
}

function servedBy(
	outcome: LookupOutcome,
	semantic: SemanticOutcome | undefined,
): Served | undefined {
	if (isHit(outcome)) {
		const { entry, ageMs, refresh, status } = outcome;
		return { layer: 'exact', entry, ageMs, refresh, stale: status === 'stale' };
	}
	if (!semantic?.hit) return undefined;
	const { entry, ageMs, stale, similarity, matchedPrompt, key: matchedKey } = semantic;
	const nearness = { similarity, matchedPrompt, matchedKey };
	return { layer: 'semantic', entry, ageMs, refresh: false, stale, nearness };
}

/** How the items of one execution are shaped. */
export interface ResultShape {
	backend: string;
	options(itemIndex: number): LookupOptions;
	startedAtMs: number;
	lookupMs: number;
}

/**
 * Remembers a miss for Cache Store, and makes the item that leaves the node.
 * @param equal the items that do not leave, but wait for the answer to this one
 */
export function toResult(
	shape: ResultShape,
	item: INodeExecutionData,
	itemIndex: number,
	one: ReadRequest,
	{ connection, outcomes, semantic: semantics }: BackendAnswer,
	equal?: EqualItems,
): ItemResult {
	const { request, keyVersion, asked } = one;
	const { namespace, key, explained, control } = asked;
	const outcome = outcomes.get(one)!;
	const semantic = semantics.get(one);
	const served = servedBy(outcome, semantic);
	const reasons = semantic ? [...outcome.reasons, ...semantic.reasons] : outcome.reasons;
	if (!served && control.onlyIfCached) {
		throw new ConfigError(
			`No cached answer, and only-if-cached was asked for (${reasons.join('; ')})`,
			'Cache Control',
			'Leave only-if-cached out to let the model answer.',
		);
	}
	const { token, epoch } = outcome;
	const { backend, startedAtMs, lookupMs } = shape;
	const computes = !served || served.refresh;
	const leader = !served && !isHit(outcome) && outcome.leader;
	const lease =
		token && computes
			? writeLease({ token, epoch, startedAtMs, keyVersion, model: requestTexts(request).model })
			: undefined;
	if (token && connection && computes) {
		const leads = leader || served?.refresh === true;
		const known = { namespace, key, keyVersion, request, explained, epoch, startedAtMs, leads };
		connection.pending.set(token, { ...known, semantic: semantic?.place });
	}
	const cache: JsonObject = {
		status: statusOf(outcome, served),
		layer: served?.layer ?? null,
		key,
		namespace,
		backend,
		reasons,
		ageSeconds: served ? Math.round(served.ageMs / 1000) : null,
		ttlSeconds: served ? Math.round((served.entry.meta.ttlMs - served.ageMs) / 1000) : null,
		similarity: served?.nearness?.similarity ?? null,
		...(served?.nearness && {
			matchedPrompt: served.nearness.matchedPrompt,
			matchedKey: served.nearness.matchedKey,
		}),
		lookupMs,
		leader,
		refresh: served?.refresh ?? false,
		saved: served
			? savedByHit(served.entry.meta.usage, served.entry.meta.latencyMs)
			: nothingSaved(),
		...(lease !== undefined && { lease }),
		...(equal && { equalItems: writeEqualItems(equal) }),
	};
	const json = served
		? hitJson(shape.options(itemIndex), item.json as JsonObject, served.entry.response, cache)
		: { ...item.json, cache };
	return {
		hit: served !== undefined,
		item: {
			json: json as INodeExecutionData['json'],
			binary: item.binary,
			pairedItem: { item: itemIndex },
		},
	};
}

function statusOf(outcome: LookupOutcome, served: Served | undefined): string {
	if (served) return served.stale ? 'stale' : 'hit';
	return outcome.status;
}

function hitJson(
	{ outputField = 'response', hitItem = 'keep' }: LookupOptions,
	json: JsonObject,
	response: Json,
	cache: JsonObject,
): JsonObject {
	if (hitItem === 'answer') {
		return isJsonObject(response) ? { ...response, cache } : { [outputField]: response, cache };
	}
	return { ...json, [outputField]: response, cache };
}

/** What was decided for each item, as spans. Failed items have no decision. */
export function decisionSpans(
	items: readonly INodeExecutionData[],
	{ startedAtMs, lookupMs }: { startedAtMs: number; lookupMs: number },
): Span[] {
	const moment = { startMs: startedAtMs, endMs: startedAtMs + lookupMs };
	return items.flatMap(({ json }) => {
		const { cache } = json as JsonObject;
		return isJsonObject(cache) ? [decisionSpan(cache, moment)] : [];
	});
}
