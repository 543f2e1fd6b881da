import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { StoreUnavailable } from '../shared/core/errors';
import type { JsonObject } from '../shared/core/json';
import { inCurrency } from '../shared/core/price/currency';
import { usdFromNano } from '../shared/core/price/money';
import { requestTexts } from '../shared/core/request/requestTexts';
import { reading } from '../shared/core/usage/reading';
import { unknownUsage } from '../shared/core/usage/record';
import { bundledCachingRules } from '../shared/drivers/prices/promptCaching';
import { countTokens } from '../shared/drivers/tokens/gptTokenizer';
import { openBackend } from '../shared/n8n/backend';
import { failedItem } from '../shared/n8n/nodeErrors';
import { withLedger } from '../shared/n8n/openLedger';
import { perItem } from '../shared/n8n/parameters';
import { requestReader } from '../shared/n8n/readRequest';
import type { PriceBook } from '../shared/ports/PriceBook';
import { countRequest } from '../shared/services/countRequest';
import { priceCall } from '../shared/services/priceCall';
import { analyseCaching } from '../shared/services/promptCaching';
import {
	currencyOf,
	defaultTimeoutMs,
	nanoFromParameter,
	optionsOf,
	priceBookOf,
} from './settings';

/** Operation `estimate`: what the request of each item will cost, before it is sent. */
export async function estimateItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const options = optionsOf(ctx);
	const book = priceBookOf(options);
	const currency = currencyOf(options);
	const localNanoUsdPerHour = nanoFromParameter(
		options.localUsdPerHour,
		'Local Machine (USD per Hour)',
	);
	const read = requestReader(ctx);
	const output = perItem(ctx, 'expectedOutputTokens', 500);
	const provider = perItem(ctx, 'provider', '');
	const analyses = ctx.getNodeParameter('analyseCaching', 0, false) === true;
	const results: INodeExecutionData[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const request = await read(item, index);
			const inputTokens = await countRequest(request, countTokens);
			const outputTokens = outputLimit(request) ?? output(index);
			const usage = { ...unknownUsage(), inputUncached: inputTokens, outputText: outputTokens };
			const { model } = requestTexts(request);
			const said = { model, provider: provider(index) || null, estimated: true };
			const priced = priceCall(reading('n8n', usage, said), book, {
				atMs: Date.now(),
				localNanoUsdPerHour,
			});
			const estimate: IDataObject = {
				usd: priced.nanoUsd === null ? null : usdFromNano(priced.nanoUsd),
				currency: currency.currency,
				amount: priced.nanoUsd === null ? null : inCurrency(priced.nanoUsd, currency),
				inputTokens,
				outputTokens,
				model,
				provider: priced.provider,
				rates: { source: priced.source, version: priced.version },
				estimated: true,
			};
			if (analyses) {
				Object.assign(estimate, await caching(ctx, request, index, book, priced.provider));
			}
			const json = { ...item.json, estimate };
			results.push({ json, binary: item.binary, pairedItem: { item: index } });
		} catch (error) {
			results.push(failedItem(ctx, error, index));
		}
	}
	return results;
}

/** `caching` and the reordered `request`; where the backend fails, the request as it was. */
async function caching(
	ctx: IExecuteFunctions,
	request: JsonObject,
	index: number,
	book: PriceBook,
	provider: string | null,
): Promise<IDataObject> {
	const name = ctx.getNodeParameter('promptName', index, '') as string;
	const asked = {
		request,
		prompt: name || ctx.getWorkflow().name || 'default',
		provider,
		model: requestTexts(request).model,
		nowMs: Date.now(),
	};
	const tools = { book, rules: bundledCachingRules(), countTokens };
	const timeoutMs = optionsOf(ctx, index).timeoutMs ?? defaultTimeoutMs;
	try {
		const connection = await openBackend(ctx);
		const found = await withLedger(
			connection,
			(ledger) => analyseCaching(asked, { ...tools, ledger }),
			timeoutMs,
		);
		return found as unknown as IDataObject;
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
		const advice = `Not analysed, the backend is not available: ${error.message}`;
		return { caching: { advice }, request: request as IDataObject };
	}
}

/** The request's own limit on the answer is the most that can be billed. */
function outputLimit(request: JsonObject): number | null {
	const limit = request.max_tokens ?? request.max_completion_tokens ?? request.max_output_tokens;
	return typeof limit === 'number' && limit > 0 ? limit : null;
}
