import {
	deepCopy,
	type IBinaryKeyData,
	type IExecuteFunctions,
	type INodeExecutionData,
	type ISourceData,
	type NodeTypeAndVersion,
} from 'n8n-workflow';
import { readAnswer } from '../core/answer/readAnswer';
import { withOwnFields } from '../core/answer/ownFields';
import type { Json, JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { savedByHit, usageToStore } from './storedUsage';
import { LOOKUP_TYPE, upstreamItem } from './upstreamLookup';
import { costFields, hitMark } from './costFields';
import { readLease } from './lease';

const WRITES_CACHE = /(^|\.)(cacheLookup|llmEndpointTrigger|cacheStore)$/;

/**
 * What the first of equal items carries as `cache.equalItems`: which input items of Cache Lookup wait for its answer,
 * and where n8n keeps them. They themselves are not copied.
 */
export interface EqualItems {
	/** The node, output and run that gave Cache Lookup its items. */
	source: ISourceData;
	/** Its own place among them. */
	first: number;
	/** The places of the others. */
	items: number[];
}

export const writeEqualItems = ({ source, first, items }: EqualItems): JsonObject => ({
	node: source.previousNode,
	output: source.previousNodeOutput ?? 0,
	run: source.previousNodeRun ?? 0,
	first,
	items,
});

function readEqualItems(value: Json | undefined): EqualItems | undefined {
	if (!isJsonObject(value) || typeof value.node !== 'string') return undefined;
	const items = Array.isArray(value.items) ? value.items.map(Number) : [];
	const source = {
		previousNode: value.node,
		previousNodeOutput: Number(value.output),
		previousNodeRun: Number(value.run),
	};
	return items.length > 0 ? { source, first: Number(value.first), items } : undefined;
}

/** Gives the item that came of an input item, and one for each that waits behind that. */
export type GiveOut = (result: INodeExecutionData, itemIndex: number) => INodeExecutionData[];

/** The items that wait behind an item, and what was last written on it as `cache`. */
type ReadEqualItems = (
	item: INodeExecutionData | undefined,
	itemIndex: number,
) => { before: JsonObject; equal: EqualItems } | undefined;

/** For a node behind a Cache Lookup which lets only the first of equal items go. */
export function equalItemsReader(ctx: IExecuteFunctions): ReadEqualItems {
	const passed = passedNodes(ctx);
	if (!passed) return () => undefined;
	return (item, itemIndex) => {
		let before = cacheOn(item);
		for (const name of passed) before ??= cacheOn(upstreamItem(ctx, itemIndex, name));
		const equal = readEqualItems(before?.equalItems);
		return before && equal ? { before, equal } : undefined;
	};
}

/** For a node that gives out all of the equal items. */
export function equalItemsGiver(ctx: IExecuteFunctions, items: INodeExecutionData[]): GiveOut {
	const waitingBehind = equalItemsReader(ctx);
	const nowMs = Date.now();
	return (result, itemIndex) => {
		const found = waitingBehind(items[itemIndex], itemIndex);
		if (!found) return [result];
		const { before, equal } = found;
		const { cache, ...answer } = result.json as JsonObject;
		const first = { ...result };
		let told: JsonObject | undefined;
		if (isJsonObject(cache)) {
			const { equalItems: _held, ...rest } = cache;
			first.json = { ...answer, cache: rest } as INodeExecutionData['json'];
			told = toldOfOthers(rest, answer, startedAt(before), nowMs);
		}
		const given = sourceItems(ctx, equal.source);
		const asked = given[equal.first];
		return [
			first,
			...equal.items.map((place) => ({
				json: ownJson(answer, told, asked, given[place]),
				binary: ownBinary(result.binary, asked?.binary, given[place]?.binary),
				// The way back leads past Cache Lookup, which did not let this one go, to the node before it.
				pairedItem: { item: place, sourceOverwrite: equal.source },
			})),
		];
	};
}

/**
 * The nodes before this one that write `cache`, the nearest first: what the nearest wrote counts, since a Cache Store or
 * a lookup that falls back has given out the others. Undefined where no lookup can have held any back.
 */
function passedNodes(ctx: IExecuteFunctions): string[] | undefined {
	const { name: own } = ctx.getNode();
	const writers = ctx
		.getParentNodes(own, { includeNodeParameters: true })
		.filter(({ name, type, disabled }) => WRITES_CACHE.test(type) && !disabled && name !== own);
	return writers.some(asksOnce) ? writers.map(({ name }) => name) : undefined;
}

/** The parameter can be an expression: then it may. */
function asksOnce({ type, parameters }: NodeTypeAndVersion): boolean {
	const options: unknown = parameters?.options;
	const equalItems = isJsonObject(options) ? options.equalItems : options;
	return LOOKUP_TYPE.test(type) && equalItems !== undefined && equalItems !== 'each';
}

function cacheOn(item: INodeExecutionData | undefined): JsonObject | undefined {
	const cache: unknown = item?.json.cache;
	return isJsonObject(cache) && typeof cache.key === 'string' ? cache : undefined;
}

const startedAt = ({ lease }: JsonObject): number | undefined =>
	readLease(typeof lease === 'string' ? lease : undefined)?.startedAtMs;

/** Items as a node gave them; none where n8n has them no more. */
function sourceItems(ctx: IExecuteFunctions, source: ISourceData): INodeExecutionData[] {
	const { previousNode, previousNodeOutput, previousNodeRun } = source;
	const proxy = ctx.getWorkflowDataProxy(0) as unknown as {
		$: (
			name: string,
			fullItem: true,
		) => { all(output?: number, run?: number): INodeExecutionData[] };
	};
	try {
		return proxy.$(previousNode, true).all(previousNodeOutput, previousNodeRun);
	} catch {
		// The answer is there all the same: the items leave without their own fields rather than not at all.
		return [];
	}
}

/** What is said of the cache on the others, from what is said on the first. A Cache Store makes hits of them. */
function toldOfOthers(
	first: JsonObject,
	answer: JsonObject,
	startedAtMs: number | undefined,
	nowMs: number,
): JsonObject {
	const { lease: _lease, judge: _judge, reasons, ...rest } = first;
	const why = ['an equal item of the same batch asked'];
	const told = {
		...rest,
		leader: false,
		reasons: [...why, ...(Array.isArray(reasons) ? reasons : [])],
	};
	const isStores = typeof first.stored === 'boolean';
	if (!isStores) return told;
	if (readAnswer(answer).error !== null) return { ...told, status: 'miss', layer: null };
	const latencyMs = startedAtMs === undefined ? null : Math.max(0, nowMs - startedAtMs);
	const saved = savedByHit(usageToStore(answer, null, nowMs), latencyMs);
	return { ...told, status: 'hit', layer: 'exact', saved };
}

function ownJson(
	answer: JsonObject,
	told: JsonObject | undefined,
	asked: INodeExecutionData | undefined,
	own: INodeExecutionData | undefined,
): INodeExecutionData['json'] {
	const shared = deepCopy(answer);
	const json =
		asked && own ? withOwnFields(shared, withoutCache(asked), withoutCache(own)) : shared;
	// An item that n8n sends to an error output has nothing beside its error.
	const whole = told
		? { ...json, ...unpaid(shared, asked, String(told.key)), cache: deepCopy(told) }
		: json;
	return whole as INodeExecutionData['json'];
}

function withoutCache({ json }: INodeExecutionData): JsonObject {
	const { cache: _cache, ...rest } = json as JsonObject;
	return rest;
}

/**
 * A field that a Cost Tracker wrote behind the lookup tells what the first one cost; the others cost nothing, and where
 * that Cost Tracker has booked them too, the next one must know it.
 */
function unpaid(
	answer: JsonObject,
	asked: INodeExecutionData | undefined,
	key: string,
): JsonObject {
	const result: JsonObject = {};
	for (const [name, cost] of costFields(answer)) {
		if (asked && JSON.stringify(asked.json[name]) === JSON.stringify(answer[name])) continue;
		const booked = cost.booked.includes(hitMark(key)) ? cost.booked : [];
		const { usd = null } = cost;
		result[name] = { ...cost, usd: 0, amount: 0, cacheHit: true, avoidedUsd: usd, booked };
	}
	return result;
}

/** Files that the first item brought along are replaced by the own ones; what came with the answer is shared. */
function ownBinary(
	answered: IBinaryKeyData | undefined,
	first: IBinaryKeyData = {},
	own: IBinaryKeyData = {},
): IBinaryKeyData | undefined {
	if (!answered) return undefined;
	const added = Object.entries(answered).filter(([name]) => !(name in first));
	const isCarried = Object.keys(answered).some((name) => name in first);
	return { ...(isCarried ? own : {}), ...Object.fromEntries(added) };
}
