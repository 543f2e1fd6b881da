import { randomUUID } from 'node:crypto';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { isObject } from '../shared/core/usage/json';
import type { JsonObject } from '../shared/core/json';
import type { UsageReading } from '../shared/core/usage/reading';
import { recogniseUsage } from '../shared/core/usage/recognise';
import { hitMark, marksOn, notBooked } from '../shared/n8n/costFields';
import { perItem } from '../shared/n8n/parameters';
import type { SubNodeRun } from '../shared/n8n/subNodeRuns';
import { subNodeRuns } from '../shared/n8n/subNodeRuns';
import type { TrackRequest } from '../shared/services/track';

/** The parts of each item that hold token usage, each with the id under which it is booked. */
export type UsageReader = (item: INodeExecutionData, index: number) => ReadUsage;

export interface ReadUsage {
	/** What is to be booked; where all of it is, everything. */
	parts: TrackRequest['parts'];
	/** Everything the item holds was booked by a Cost Tracker before this one. */
	isBooked: boolean;
	/** It is the answer of the response cache. */
	isHit: boolean;
	/** Read from the runs of all models before this node, a judge of the cache among them. */
	isFromRuns?: boolean;
}

/**
 * Reads usage as the parameter "Usage From" says: from the item, from a field of it, or from the
 * runs of chat models under AI nodes. Those belong to the execution, not to an item: the first item
 * that asks takes them all.
 */
export function usageReader(ctx: IExecuteFunctions): UsageReader {
	const from = ctx.getNodeParameter('usageFrom', 0, 'auto') as string;
	const field = perItem(ctx, 'usageField', '');
	const model = perItem(ctx, 'model', '');
	const provider = perItem(ctx, 'provider', '');
	const execution = executionName(ctx);
	let runs: SubNodeRun[] | undefined;

	const hintsAt = (index: number) => ({
		model: model(index) || undefined,
		provider: provider(index) || undefined,
	});
	const itemParts = (
		item: INodeExecutionData,
		response: unknown,
		index: number,
		found = recogniseUsage(response),
	): ReadUsage => {
		const hit = hitMarkOf(item);
		const marks = marksOn(item.json as JsonObject);
		const isFreshHit = hit !== undefined && !marks.includes(hit);
		const open = isFreshHit ? found : notBooked(besideHit(item, response, found), marks);
		const isBooked = !isFreshHit && open.length === 0 && (found.length > 0 || hit !== undefined);
		const readings = isBooked ? found : open;
		const part = { id: `${execution.step}:${index}`, response, hints: hintsAt(index), readings };
		return { parts: [part], isBooked, isHit: isFreshHit || (isBooked && hit !== undefined) };
	};
	const runParts = (index: number): TrackRequest['parts'] => {
		const open = runs === undefined ? subNodeRuns(ctx) : [];
		runs ??= open;
		return open.map(({ node, run, json, model: used }) => ({
			id: `${execution.id}:${node}:${run}`,
			response: json,
			hints: { ...hintsAt(index), model: used ?? hintsAt(index).model },
		}));
	};

	const fromRuns = (item: INodeExecutionData, parts: TrackRequest['parts']): ReadUsage => ({
		parts,
		isBooked: false,
		isHit: isCacheHit(item),
		isFromRuns: true,
	});

	if (from === 'subNodes') return (item, index) => fromRuns(item, runParts(index));
	if (from === 'field') return (item, index) => itemParts(item, fieldOf(item, field(index)), index);
	if (from !== 'auto') {
		throw new ConfigError(`"${from}" is not known`, 'Usage From', 'Choose one of the list.');
	}
	return (item, index) => {
		const readings = recogniseUsage(item.json);
		if (readings.length > 0 || isCacheHit(item)) return itemParts(item, item.json, index, readings);
		const parts = runParts(index);
		// An item without usage beside runs is one whose call the first item took: it has none of its own.
		return runs?.length ? fromRuns(item, parts) : itemParts(item, item.json, index, readings);
	};
}

/** True for an item that Cache Lookup answered. */
export function isCacheHit(item: INodeExecutionData): boolean {
	const cache: unknown = item.json.cache;
	return isObject(cache) && (cache.status === 'hit' || cache.status === 'stale');
}

/** Undefined where the item is no hit. */
export function hitMarkOf(item: INodeExecutionData): string | undefined {
	if (!isCacheHit(item)) return undefined;
	const { key } = item.json.cache as JsonObject;
	return hitMark(typeof key === 'string' ? key : '');
}

/** What an item holds beside an answer of the cache that was booked: the item says "hit" of that one only. */
function besideHit(
	item: INodeExecutionData,
	response: unknown,
	found: readonly UsageReading[],
): readonly UsageReading[] {
	if (response !== item.json || !isCacheHit(item)) return found;
	return recogniseUsage({ ...item.json, cache: undefined });
}

/**
 * Names of the execution and of this step in it. The step is the same when a worker takes the
 * execution up again, so nothing is booked twice.
 */
export function executionName(ctx: IExecuteFunctions): { id: string; step: string } {
	const id = ctx.getExecutionId?.() || randomUUID();
	const { $runIndex: run = 0 } = ctx.getWorkflowDataProxy(0) as { $runIndex?: number };
	return { id, step: `${id}:${ctx.getNode().name}:${run}` };
}

function fieldOf(item: INodeExecutionData, path: string): unknown {
	let value: unknown = item.json;
	for (const name of path.split(/[.[\]]+/).filter((part) => part !== '')) {
		value = Array.isArray(value) ? value[Number(name)] : isObject(value) ? value[name] : undefined;
	}
	if (path.trim() !== '' && value !== undefined) return value;
	throw new ConfigError(
		path.trim() === '' ? 'No field is named' : `The item has no field "${path}"`,
		'Usage Field',
		`The item has: ${Object.keys(item.json).slice(0, 12).join(', ') || 'no fields'}.`,
	);
}
