import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Json, JsonObject } from '../shared/core/json';
import { inCurrency } from '../shared/core/price/currency';
import { usdFromNano } from '../shared/core/price/money';
import { requestTexts } from '../shared/core/request/requestTexts';
import { reading } from '../shared/core/usage/reading';
import { unknownUsage } from '../shared/core/usage/record';
import { countTokens } from '../shared/drivers/tokens/gptTokenizer';
import { failedItem } from '../shared/n8n/nodeErrors';
import { perItem } from '../shared/n8n/parameters';
import { requestReader } from '../shared/n8n/readRequest';
import { priceCall } from '../shared/services/priceCall';
import { currencyOf, nanoFromParameter, optionsOf, priceBookOf } from './settings';

/** Tokens that chat formats add to each message (OpenAI cookbook, token counting). */
const tokensPerMessage = 4;

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
	const results: INodeExecutionData[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const request = await read(item, index);
			const inputTokens = await countRequest(request);
			const outputTokens = outputLimit(request) ?? output(index);
			const usage = { ...unknownUsage(), inputUncached: inputTokens, outputText: outputTokens };
			const model = requestTexts(request).model;
			const call = reading('n8n', usage, {
				model,
				provider: provider(index) || null,
				estimated: true,
			});
			const priced = priceCall(call, book, { atMs: Date.now(), localNanoUsdPerHour });
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
			results.push({
				json: { ...item.json, estimate },
				binary: item.binary,
				pairedItem: { item: index },
			});
		} catch (error) {
			results.push(failedItem(ctx, error, index));
		}
	}
	return results;
}

async function countRequest(request: JsonObject): Promise<number> {
	const messages = [request.messages, request.contents, request.input].find((list) =>
		Array.isArray(list),
	);
	const texts = collectTexts(request);
	const framing = Array.isArray(messages) ? messages.length * tokensPerMessage : tokensPerMessage;
	return (await countTokens(texts.join('\n'))) + framing;
}

/** Every text the provider will read: system, messages, tools; not settings such as the temperature. */
function collectTexts(request: JsonObject): string[] {
	const texts: string[] = [];
	const walk = (value: Json | undefined): void => {
		if (typeof value === 'string') texts.push(value);
		else if (Array.isArray(value)) value.forEach(walk);
		else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
	};
	const { system, systemInstruction, instructions, messages, contents, input, prompt, tools } =
		request;
	[system, systemInstruction, instructions, messages, contents, input, prompt, tools].forEach(walk);
	return texts;
}

/** The request's own limit on the answer is the most that can be billed. */
function outputLimit(request: JsonObject): number | null {
	const limit = request.max_tokens ?? request.max_completion_tokens ?? request.max_output_tokens;
	return typeof limit === 'number' && limit > 0 ? limit : null;
}
