import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Json, JsonObject } from '../shared/core/json';
import { requestIn } from '../shared/core/request/findRequest';
import { countTokens } from '../shared/drivers/tokens/gptTokenizer';
import { upstreamItem, upstreamLookupName } from '../shared/n8n/upstreamLookup';
import { estimateUsage } from '../shared/services/estimateUsage';
import type { TrackRequest } from '../shared/services/track';

export const ESTIMATED = 'No tokens were reported: they are counted on the texts, an estimate';

/**
 * Gives a request whose reply reports no usage one that is counted on the texts. The request is what Cache Lookup was
 * asked, else what the item itself holds. Left as it is where usage was reported, or there are no texts.
 */
export function usageEstimator(
	ctx: IExecuteFunctions,
): (request: TrackRequest, item: INodeExecutionData, index: number) => Promise<TrackRequest> {
	const lookup = upstreamLookupName(ctx);
	return async (request, item, index) => {
		const [part, ...others] = request.parts;
		if (!part || others.length > 0 || part.readings?.length !== 0) return request;
		const asked = upstreamItem(ctx, index, lookup)?.json ?? item.json;
		const found = requestIn(asked as JsonObject);
		if (!found) return request;
		const call = {
			request: found,
			response: part.response as Json,
			provider: part.hints.provider ?? null,
		};
		const estimated = await estimateUsage(call, countTokens);
		return estimated === null
			? request
			: { ...request, parts: [{ ...part, readings: [estimated] }] };
	};
}
