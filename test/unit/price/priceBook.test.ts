import { describe, expect, it } from '@jest/globals';
import { modelCandidates } from '../../../nodes/shared/core/price/modelName';
import {
	holdsAt,
	namesModel,
	readOverrideTable,
} from '../../../nodes/shared/core/price/overrideTable';
import { rateAt } from '../../../nodes/shared/core/price/rates';
import { parseTime } from '../../../nodes/shared/core/price/time';
import { bundledOverrides, bundledPriceBook } from '../../../nodes/shared/drivers/prices/bundled';
import { layered, userPriceTable } from '../../../nodes/shared/drivers/prices/userTable';
import type { PriceBook, PriceQuery } from '../../../nodes/shared/ports/PriceBook';
import { comparePrices } from '../../../nodes/shared/services/comparePrices';

const now = Date.parse('2026-11-20T12:00:00Z');
const book = bundledPriceBook();

function query(model: string, said: Partial<PriceQuery> = {}): PriceQuery {
	return { provider: null, model, atMs: now, serviceTier: 'standard', modifiers: [], ...said };
}

/** Input rate in USD per million tokens. */
function inputRate(from: PriceBook, asked: PriceQuery, tokens = 1): number | null {
	const rate = from.quote(asked)?.card.input;
	return rate === undefined ? null : Number(rateAt(rate, tokens)) / 1e12;
}

describe('names under which a model is known', () => {
	it.each([
		['gpt-4o-2024-08-06', null, 2.5],
		['openai/gpt-4o', null, 2.5],
		['openrouter/openai/gpt-4o', null, 2.5],
		['azure/eu/gpt-4o', null, 2.5],
		['gpt-4.1-2027-01-01', null, 2],
		['models/gemini-2.5-flash', 'google', 0.3],
		['publishers/google/models/gemini-2.5-flash', 'google', 0.3],
		['vertex_ai/gemini-2.5-flash', null, 0.3],
		['claude-sonnet-4-5@20250929', 'google', 3],
		['anthropic/claude-sonnet-4.5', 'openrouter', 3],
		['us.anthropic.claude-sonnet-4-5-20250929-v1:0', null, 3.3],
		['bedrock/us-east-1/global.anthropic.claude-sonnet-4-5-20250929-v1:0', null, 3],
		['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0', null, 0.8],
		['groq/openai/gpt-oss-120b', null, 0.15],
		['openai/gpt-oss-120b', 'groq', 0.15],
		['xai/grok-4', null, 3],
		['mistralai/mistral-large-2411', null, 2],
		['text-embedding-3-large', null, 0.13],
		['Claude-Haiku-4-5', 'anthropic', 1],
	])('%s of %p costs %p USD per million input tokens', (model, provider, usd) => {
		expect(inputRate(book, query(model, { provider }))).toBe(usd);
	});

	it('does not price a house model by a name it resembles', () => {
		expect(book.quote(query('my-gpt-4o-clone'))).toBeNull();
		expect(book.quote(query('llama3.2:latest'))).toBeNull();
	});

	it('tries the name as given before any part of it', () => {
		expect(modelCandidates('groq', 'openai/gpt-oss-120b')[0]).toEqual({
			provider: 'groq',
			model: 'openai/gpt-oss-120b',
		});
	});
});

describe('the override table', () => {
	it('names source and day for every row', () => {
		const { rows, surcharges, derived } = bundledOverrides();
		for (const entry of [...rows, ...surcharges, ...derived]) expect(entry.source).not.toBe('');
		for (const row of rows) expect(row.checked).toMatch(/^\d{4}-\d{2}-\d{2}$/);
	});

	it('says that it was the source', () => {
		expect(book.quote(query('deepseek-v4-pro'))?.source).toMatch(/^override \d{4}-/);
		expect(book.quote(query('gpt-4o'))?.source).toBe('genai-prices 0.1.8');
	});

	it('notes a service tier whose rate nobody publishes', () => {
		const quote = book.quote(query('gpt-5-nano', { serviceTier: 'priority' }));
		expect(quote?.notes).toEqual(['no published priority rate for gpt-5-nano: priced as standard']);
	});

	it('is refused when it is not one', () => {
		expect(readOverrideTable({ version: '1', rows: [{}], derived: [], surcharges: [] })).toBeNull();
		expect(readOverrideTable([])).toBeNull();
	});

	it('knows from, until, days and hours', () => {
		const row = {
			provider: 'p',
			models: ['m'],
			usdPerMtok: {},
			source: '',
			checked: '',
			from: '2026-01-01T00:00:00Z',
			until: '2026-02-01T00:00:00Z',
			days: [1],
			hours: [['01:00', '04:00']] as Array<[string, string]>,
		};
		expect(holdsAt(row, Date.parse('2026-01-05T01:00:00Z'))).toBe(true);
		expect(holdsAt(row, Date.parse('2026-01-05T04:00:00Z'))).toBe(false);
		expect(holdsAt(row, Date.parse('2026-01-06T02:00:00Z'))).toBe(false);
		expect(holdsAt(row, Date.parse('2026-02-02T02:00:00Z'))).toBe(false);
		expect(holdsAt(row, Date.parse('2025-12-29T02:00:00Z'))).toBe(false);
	});

	it('matches a star at either end only', () => {
		expect(namesModel(['gpt-5*'], 'GPT-5-mini')).toBe(true);
		expect(namesModel(['*claude*'], 'us.anthropic.claude-3')).toBe(true);
		expect(namesModel(['gpt-5'], 'gpt-5-mini')).toBe(false);
	});
});

describe("the user's own table", () => {
	it('goes before every other price, with the field names of LiteLLM', () => {
		const own = userPriceTable(
			'{"gpt-4o": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}',
		);
		if (own.kind !== 'table') throw new Error(own.reason);
		const both = layered(own.book, book);
		expect(inputRate(both, query('openai/gpt-4o-2024-08-06'))).toBe(1);
		expect(inputRate(both, query('gpt-4o-mini'))).toBe(0.15);
		expect(inputRate(both, query('gpt-4o'))).toBe(1);
		expect(both.quote(query('gpt-4o'))?.source).toBe('own price table');
	});

	it('has service tiers and long-context tiers', () => {
		const own = userPriceTable({
			m: {
				input_cost_per_token: 1e-6,
				input_cost_per_token_flex: 5e-7,
				input_cost_per_token_above_200k_tokens: 2e-6,
				output_cost_per_token: 0,
			},
		});
		if (own.kind !== 'table') throw new Error(own.reason);
		expect(inputRate(own.book, query('m', { serviceTier: 'flex' }))).toBe(0.5);
		expect(inputRate(own.book, query('m'), 200_000)).toBe(1);
		expect(inputRate(own.book, query('m'), 200_001)).toBe(2);
	});

	it('may say that a model costs 0', () => {
		const own = userPriceTable({ m: { input_cost_per_token: 0, output_cost_per_token: 0 } });
		if (own.kind !== 'table') throw new Error(own.reason);
		expect(inputRate(own.book, query('m'))).toBe(0);
	});

	it.each([
		['not JSON', 'The price table is not JSON'],
		['[1]', 'The price table is not a JSON object'],
		['{"m": 3}', 'Price table, model "m": is not an object of rates'],
		[
			'{"m": {"input_cost_per_token": -1}}',
			'Price table, model "m": input_cost_per_token must be a number of 0 or more',
		],
		[
			'{"m": {"output_cost_per_token": "NaN"}}',
			'Price table, model "m": output_cost_per_token must be a number of 0 or more',
		],
	])('says what is wrong with %s', (text, reason) => {
		expect(userPriceTable(text)).toEqual({ kind: 'invalid', reason });
	});
});

describe('comparison with a LiteLLM price file', () => {
	it('lists what differs and what is missing, and nothing else', () => {
		const file = {
			'gpt-4o': {
				litellm_provider: 'openai',
				mode: 'chat',
				input_cost_per_token: 2.5e-6,
				output_cost_per_token: 1.1e-5,
			},
			'gpt-new': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6 },
			sample_spec: { litellm_provider: 'one of https://docs.litellm.ai/docs/providers' },
		};
		const theirs = userPriceTable(file);
		if (theirs.kind !== 'table') throw new Error(theirs.reason);
		expect(comparePrices(book, theirs.book, file, ['openai'], now)).toEqual({
			compared: 1,
			missing: ['gpt-new'],
			differences: [
				{
					provider: 'openai',
					model: 'gpt-4o',
					rate: 'output',
					inputTokens: 1000,
					ours: 10,
					theirs: 11,
					source: 'genai-prices 0.1.8',
				},
			],
		});
	});
});

describe('the time of a call', () => {
	it.each([
		['2026-11-20T12:00:00Z', now],
		['2026-11-20T13:00:00+01:00', now],
		[now, now],
		[now / 1000, now],
		[String(now / 1000), now],
	])('%p is understood', (value, ms) => {
		expect(parseTime(value)).toBe(ms);
	});

	it.each(['yesterday', '', -1, Number.NaN, {}, null])('%p is not a time', (value) => {
		expect(parseTime(value)).toBeNull();
	});
});
