import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { readAnswer } from '../shared/core/answer/readAnswer';
import type { JsonObject } from '../shared/core/json';
import type { LedgerCall } from '../shared/core/ledger/call';
import { equalItemsReader } from '../shared/n8n/equalItems';
import type { TrackRequest } from '../shared/services/track';
import { executionName } from './readUsage';

/** What is to be booked for the items that wait behind one that asked the model for all of them. */
export interface EqualHits {
	/** How each of them is priced: as a hit. */
	request: TrackRequest;
	/** One for each, the same wherever in the execution it is booked. */
	ids: string[];
	key: string;
}

/**
 * For a Cost Tracker before the Cache Store that gives the others out: their answer is the one that is here, and nobody
 * pays for it again. A Cost Tracker behind that Cache Store sees each of them by itself.
 */
export function equalHitsReader(
	ctx: IExecuteFunctions,
): (
	item: INodeExecutionData,
	index: number,
	request: TrackRequest,
	isFromRuns: boolean,
) => EqualHits | undefined {
	const waitingBehind = equalItemsReader(ctx);
	const { id: execution } = executionName(ctx);
	return (item, index, request, isFromRuns) => {
		const found = waitingBehind(item, index);
		const { cache: _cache, ...answer } = item.json as JsonObject;
		if (!found || request.isHit || readAnswer(answer).error !== null) return undefined;
		const { key, lookupMs } = found.before;
		const { source, items } = found.equal;
		const place = `${source.previousNode}:${source.previousNodeRun}`;
		const tookMs = typeof lookupMs === 'number' ? lookupMs : null;
		const { latencyMs } = request;
		return {
			key: String(key),
			ids: items.map((at) => `${execution}:equal:${place}:${at}:${String(key).slice(0, 16)}`),
			request: {
				...request,
				// Runs of sub-nodes belong to the execution: which of them answered this item is not known.
				parts: isFromRuns ? [] : request.parts,
				isHit: true,
				latencyMs: tookMs,
				savedLatencyMs: latencyMs === null ? 0 : Math.max(0, latencyMs - (tookMs ?? 0)),
				overheadNanoUsd: 0,
				settles: [],
			},
		};
	};
}

/** Each call of the priced hit, once for each of those who wait. */
export const eachOf = (calls: readonly LedgerCall[], ids: readonly string[]): LedgerCall[] =>
	ids.flatMap((id) => calls.map((call, part) => ({ ...call, id: `${id}:${part}` })));
