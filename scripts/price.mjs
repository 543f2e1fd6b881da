/**
 * NDJSON in, NDJSON out in the same order: `{id, response, at?}`, a provider's raw reply, gives
 * `{id, usage, usd, source}`. `at` is the time of the call (ISO 8601, or seconds or milliseconds
 * since 1970), by default now. `model` and `provider` may stand beside it where the reply names
 * none. `usd` is null when the cost is not known.
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const { bundledPriceBook } = require('../dist/nodes/shared/drivers/prices/bundled.js');
const { priceReply } = require('../dist/nodes/shared/services/priceReply.js');
const { unknownUsage } = require('../dist/nodes/shared/core/usage/record.js');
const { usdFromNano } = require('../dist/nodes/shared/core/price/money.js');
const { parseTime } = require('../dist/nodes/shared/core/price/time.js');

// Whoever reads may stop early, as `head` does.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const book = bundledPriceBook();
const now = Date.now();

function answer(line) {
	let asked;
	try {
		asked = JSON.parse(line);
	} catch {
		return { id: null, usage: unknownUsage(), usd: null, source: 'unknown: the line is not JSON' };
	}
	const id = asked?.id ?? null;
	const atMs = asked?.at === undefined || asked.at === null ? now : parseTime(asked.at);
	if (atMs === null) {
		return { id, usage: unknownUsage(), usd: null, source: 'unknown: "at" is not a time' };
	}
	const { model, provider } = asked ?? {};
	const priced = priceReply(asked?.response, book, { atMs }, { model, provider });
	const usd = priced.nanoUsd === null ? null : usdFromNano(priced.nanoUsd);
	return { id, usage: priced.usage, usd, source: priced.source };
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
	if (line.trim() === '') continue;
	const written = process.stdout.write(`${JSON.stringify(answer(line))}\n`);
	if (!written) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
