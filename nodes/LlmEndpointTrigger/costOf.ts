import type { JsonObject } from '../shared/core/json';
import { bundledPriceBook } from '../shared/drivers/prices/bundled';
import type { PriceBook } from '../shared/ports/PriceBook';
import { priceReply } from '../shared/services/priceReply';

let book: PriceBook | undefined;

/** What an answer cost, in USD by the bundled prices; undefined where its usage or price is not known. */
export function costOf(body: JsonObject): number | undefined {
	book ??= bundledPriceBook();
	const { nanoUsd } = priceReply(body, book, { atMs: Date.now() });
	return nanoUsd === null ? undefined : nanoUsd / 1e9;
}
