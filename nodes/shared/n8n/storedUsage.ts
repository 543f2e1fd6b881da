import type { Json, JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { bundledPriceBook } from '../drivers/prices/bundled';
import { priceReply } from '../services/priceReply';

const NANO = 1e9;

/** What is kept with an answer about the call that made it; undefined where the reply tells no usage. */
export function usageToStore(
	reply: Json,
	model: string | null,
	atMs: number,
): JsonObject | undefined {
	const hints = model === null ? {} : { model };
	const { usage, nanoUsd, calls } = priceReply(reply, bundledPriceBook(), { atMs }, hints);
	const [first] = calls;
	if (!first) return undefined;
	const { model: used, provider } = first.reading;
	return {
		usage: { ...usage },
		usd: nanoUsd === null ? null : nanoUsd / NANO,
		model: used,
		provider,
	};
}

/** What a hit saves: the original call's tokens, price and time; null where it was not known. */
export function savedByHit(stored: Json | undefined, latencyMs: number | null): JsonObject {
	if (!isJsonObject(stored)) return { tokens: null, usd: null, latencyMs };
	const { usage = null, usd = null, model = null, provider = null } = stored;
	const counts = isJsonObject(usage) ? Object.values(usage) : [];
	const known = counts.filter((count): count is number => typeof count === 'number');
	const tokens = known.length > 0 ? known.reduce((sum, count) => sum + count, 0) : null;
	return { tokens, usd, latencyMs, usage, model, provider };
}

export const nothingSaved = (): JsonObject => ({ tokens: 0, usd: 0, latencyMs: 0 });
