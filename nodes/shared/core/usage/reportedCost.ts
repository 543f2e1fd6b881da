import type { JsonObject } from './json';
import { child, isObject } from './json';
import type { ReportedCost, UsageShape } from './reading';

/** xAI: "1 USD = 10,000,000,000 ticks" (docs.x.ai, cost tracking, November 2026). */
const xaiTickDigits = 10;

function usdText(value: unknown): string | null {
	const text = typeof value === 'number' ? String(value) : value;
	if (typeof text !== 'string' || !/^\+?\d*\.?\d+(e[-+]?\d+)?$/i.test(text.trim())) return null;
	return text.trim();
}

/**
 * The bill in USD where the answering side states it: OpenRouter `usage.cost` (with one's own key,
 * `is_byok`, what the provider charges comes on top of OpenRouter's fee), LiteLLM's response-cost
 * header, the Vercel AI Gateway's `cost`, xAI's ticks, Perplexity's `cost.total_cost`. Negative or unreadable: null.
 */
export function reportedCost(
	reply: JsonObject,
	usage: JsonObject,
	headers: JsonObject,
	shape: UsageShape,
): ReportedCost | null {
	const hidden = child(reply, '_hidden_params');
	const fromLiteLlm = usdText(
		headers['x-litellm-response-cost'] ??
			hidden.response_cost ??
			child(hidden, 'additional_headers')['x-litellm-response-cost'],
	);
	if (fromLiteLlm !== null) return { usd: fromLiteLlm, by: 'litellm' };

	const gateway = usdText(child(child(reply, 'providerMetadata'), 'gateway').cost);
	if (gateway !== null) return { usd: gateway, by: 'provider' };

	const ticks = usage.cost_in_usd_ticks;
	if (typeof ticks === 'number' && Number.isSafeInteger(ticks) && ticks >= 0) {
		return { usd: `${ticks}e-${xaiTickDigits}`, by: 'xai' };
	}
	if (isObject(usage.cost)) {
		const total = usdText(usage.cost.total_cost);
		return total === null ? null : { usd: total, by: 'perplexity' };
	}
	const cost = usdText(usage.cost);
	if (cost === null) return null;
	const upstream =
		usage.is_byok === true ? usdText(child(usage, 'cost_details').upstream_inference_cost) : null;
	const by = shape === 'openrouter' || upstream !== null ? 'openrouter' : 'provider';
	return { usd: upstream === null ? cost : `${cost}+${upstream}`, by };
}
