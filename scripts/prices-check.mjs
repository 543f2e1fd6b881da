/**
 * `npm run prices:check -- PATH [providers] [--at TIME]`: compares the package's prices with a LiteLLM price
 * file (model_prices_and_context_window.json) and lists what differs, in USD per million tokens.
 * Ends with 0 also when there are differences: they are to be judged, not obeyed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { bundledPriceBook } = require('../dist/nodes/shared/drivers/prices/bundled.js');
const { userPriceTable } = require('../dist/nodes/shared/drivers/prices/userTable.js');
const { comparePrices } = require('../dist/nodes/shared/services/comparePrices.js');
const { parseTime } = require('../dist/nodes/shared/core/price/time.js');

const args = process.argv.slice(2);
const atFlag = args.indexOf('--at');
const atMs = atFlag < 0 ? Date.now() : parseTime(args[atFlag + 1]);
const [path, names] = atFlag < 0 ? args : args.filter((_, i) => i !== atFlag && i !== atFlag + 1);
const providers = (names ?? 'openai,anthropic,google,mistral,deepseek,groq,x-ai,cohere').split(',');

function stop(message) {
	process.stderr.write(`${message}\n`);
	process.exit(2);
}

if (!path || atMs === null)
	stop('Usage: npm run prices:check -- PATH [provider,provider] [--at TIME]');
let text;
try {
	text = readFileSync(path, 'utf8');
} catch (error) {
	stop(`Cannot read the price file: ${error.message}`);
}
const table = userPriceTable(text, 'LiteLLM');
if (table.kind === 'invalid') stop(`${path}: ${table.reason}`);

const result = comparePrices(bundledPriceBook(), table.book, JSON.parse(text), providers, atMs);
for (const { provider, model, rate, inputTokens, ours, theirs, source } of result.differences) {
	const size = inputTokens > 100_000 ? ` at ${inputTokens} input tokens` : '';
	process.stdout.write(
		`${provider}  ${model}  ${rate}${size}: ours ${ours ?? 'none'} (${source}), LiteLLM ${theirs}\n`,
	);
}
process.stdout.write(
	`${result.compared} models compared, ${result.differences.length} rates differ, ${result.missing.length} models not known here\n`,
);
if (result.missing.length > 0) process.stdout.write(`Not known: ${result.missing.join(' ')}\n`);
