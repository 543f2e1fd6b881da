import { describe, expect, it } from '@jest/globals';
import type { LedgerCall } from '../../../nodes/shared/core/ledger/call';
import { cleanDimensions } from '../../../nodes/shared/core/ledger/call';
import {
	noCounters,
	packCounters,
	unpackCounters,
} from '../../../nodes/shared/core/ledger/counters';
import {
	latencyBucket,
	latencyBuckets,
	quantile,
} from '../../../nodes/shared/core/ledger/histogram';
import { decodeDimensions, encodeDimensions, rowsOf } from '../../../nodes/shared/core/ledger/rows';
import { cachingAdvice } from '../../../nodes/shared/core/report/advice';
import { rowsToCsv, rowsToNdjson } from '../../../nodes/shared/core/report/exportRows';
import { buildReport } from '../../../nodes/shared/core/report/report';
import { bundledPriceBook } from '../../../nodes/shared/drivers/prices/bundled';
import { bundledCachingRules } from '../../../nodes/shared/drivers/prices/promptCaching';

const dayMs = 86_400_000;
const today = Date.parse('2026-11-20T00:00:00Z');
const usd = { currency: 'USD', perUsd: 1, date: '' };

export function call(over: Partial<LedgerCall> = {}): LedgerCall {
	return {
		id: '1',
		atMs: today + 1,
		kind: 'call',
		provider: 'openai',
		model: 'gpt-4o',
		workflow: 'support',
		namespace: 'default',
		tags: [],
		prompt: '',
		costNanoUsd: 1_000,
		avoidedNanoUsd: null,
		overheadNanoUsd: 0,
		providerSavedNanoUsd: 0,
		inputTokens: 100,
		cacheReadTokens: 40,
		cacheWriteTokens: 0,
		outputTokens: 10,
		latencyMs: 800,
		savedLatencyMs: 0,
		settles: [],
		...over,
	};
}

const hit = (over: Partial<LedgerCall> = {}): LedgerCall =>
	call({
		kind: 'hit',
		costNanoUsd: 0,
		avoidedNanoUsd: 5_000,
		overheadNanoUsd: 100,
		latencyMs: 3,
		savedLatencyMs: 797,
		...over,
	});

const report = (calls: LedgerCall[], filter = {}) =>
	buildReport(rowsOf('day', calls), {
		fromMs: today - dayMs,
		toMs: today + dayMs,
		stepMs: dayMs,
		filter,
	});

describe('a report', () => {
	it('shows what was saved net of what the cache itself cost', () => {
		expect(report([call(), hit(), hit()]).totals).toMatchObject({
			calls: 1,
			hits: 2,
			spendNanoUsd: 1_000,
			avoidedNanoUsd: 10_000,
			overheadNanoUsd: 200,
			netAvoidedNanoUsd: 9_800,
			savedLatencyMs: 1_594,
		});
	});

	it('takes the response hit rate over answers and the provider hit rate over input tokens', () => {
		const { totals } = report([
			call(),
			call({ inputTokens: 300, cacheReadTokens: 360 - 40 - 20 }),
			hit(),
		]);
		expect(totals.responseHitRate).toBeCloseTo(1 / 3, 9);
		expect(totals.providerHitRate).toBeCloseTo(340 / 400, 9);
	});

	it('has no rate where there is nothing to divide', () => {
		expect(report([]).totals).toMatchObject({
			responseHitRate: null,
			providerHitRate: null,
			callP50Ms: null,
		});
	});

	it('has a step for every day, those without calls included', () => {
		expect(report([call()]).byTime.map(({ startMs, calls }) => [startMs, calls])).toEqual([
			[today - dayMs, 0],
			[today, 1],
		]);
	});

	it('counts a call with two tags under both and once in the totals', () => {
		const { totals, groups } = report([call({ tags: ['a', 'b'] })]);
		expect(groups.tag.map(({ name, calls }) => [name, calls])).toEqual([
			['a', 1],
			['b', 1],
		]);
		expect(totals.calls).toBe(1);
	});

	it('filters by namespace, workflow, model and tag', () => {
		const calls = [
			call({ namespace: 'acme', tags: ['a'] }),
			call({ model: 'gpt-5' }),
			call({ workflow: 'other' }),
		];
		expect(report(calls, { namespace: 'acme' }).totals.calls).toBe(1);
		expect(report(calls, { tag: 'a' }).totals.calls).toBe(1);
		expect(report(calls, { model: 'gpt-5' }).totals.calls).toBe(1);
		expect(report(calls, { workflow: 'support' }).totals.calls).toBe(2);
	});

	it('puts the largest spend and saving first', () => {
		const names = report([
			call({ model: 'a' }),
			call({ model: 'b', costNanoUsd: 9_000 }),
			hit({ model: 'c' }),
		]).groups.model;
		expect(names.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
	});
});

describe('latency', () => {
	it('falls into the bucket whose end it does not pass', () => {
		expect(latencyBucket(0)).toBe(0);
		expect(latencyBucket(1)).toBe(0);
		expect(latencyBucket(1.5)).toBe(1);
		expect(latencyBucket(10 ** 9)).toBe(latencyBuckets.length - 1);
	});

	it('has quantiles within the bucket of their rank', () => {
		const counts = latencyBuckets.map(() => 0);
		counts[latencyBucket(80)] = 50;
		counts[latencyBucket(900)] = 50;
		expect(quantile(counts, 0.5)).toBe(100);
		expect(quantile(counts, 0.95)).toBe(950);
		expect(quantile(counts, 0.25)).toBe(75);
		expect(
			quantile(
				latencyBuckets.map(() => 0),
				0.5,
			),
		).toBeNull();
	});

	it('beyond the last end it is that end', () => {
		const counts = latencyBuckets.map(() => 0);
		counts[latencyBuckets.length - 1] = 1;
		expect(quantile(counts, 0.5)).toBe(60_000);
	});
});

describe('ledger rows', () => {
	it('survive being packed', () => {
		const counters = {
			...noCounters(),
			calls: 3,
			providerSavedNanoUsd: -5,
			costNanoUsd: 9_007_199_254_740,
		};
		counters.hitLatency[2] = 7;
		expect(unpackCounters(packCounters(counters))).toEqual(counters);
		expect(unpackCounters('')).toEqual(noCounters());
		expect(unpackCounters('0 x 99 1 3')).toEqual(noCounters());
	});

	it('survive any text in their dimensions', () => {
		const dimensions = cleanDimensions({
			provider: 'p',
			model: '["m"]\n',
			workflow: 'Ünï "quoted" 🙂',
			namespace: '',
			tags: ['b', 'a', 'b', ' '],
			prompt: 'x'.repeat(500),
		});
		expect(dimensions).toMatchObject({ model: '["m"]', namespace: 'default', tags: ['a', 'b'] });
		expect(dimensions.prompt).toHaveLength(120);
		expect(decodeDimensions(encodeDimensions(dimensions))).toEqual(dimensions);
		expect(decodeDimensions('{}')).toBeNull();
		expect(decodeDimensions('nope')).toBeNull();
	});

	it('become CSV that a spreadsheet does not run', () => {
		const csv = rowsToCsv(
			rowsOf('day', [call({ workflow: '=HYPERLINK("x")', prompt: 'a,b\n"c"' })]),
		);
		const [head, line] = csv.split('\r\n');
		expect(head?.startsWith('start,provider,model,workflow')).toBe(true);
		expect(line).toContain(`"'=HYPERLINK(""x"")"`);
		expect(csv).toContain('"a,b\n""c"""');
	});

	it('become NDJSON, one object a line', () => {
		const lines = rowsToNdjson(rowsOf('day', [call(), call({ model: 'b' })]))
			.trim()
			.split('\n');
		expect(lines.map((line) => (JSON.parse(line) as { model: string }).model)).toEqual([
			'gpt-4o',
			'b',
		]);
		expect(rowsToNdjson([])).toBe('');
	});
});

describe('advice on provider caching', () => {
	const settings = {
		rules: bundledCachingRules(),
		book: bundledPriceBook(),
		currency: usd,
		atMs: today,
	};
	const many = (over: Partial<LedgerCall>): LedgerCall[] =>
		Array.from({ length: 100 }, () =>
			call({ prompt: 'Support answer', inputTokens: 3_000, cacheReadTokens: 0, ...over }),
		);

	it('names a long prompt that the provider hardly caches, and what is in it: 240,000 × 1,250 nano-USD', () => {
		const [sentence] = cachingAdvice(rowsOf('day', many({})), 30, settings);
		expect(sentence).toContain('“Support answer” sends 3,000 input tokens a call to gpt-4o, 0.0 %');
		expect(sentence).toContain('at least 1,024 tokens');
		expect(sentence).toContain('USD 0.3000 a month');
	});

	it.each<[string, Partial<LedgerCall>]>([
		['a short prompt', { inputTokens: 500 }],
		['a prompt that is cached already', { cacheReadTokens: 2_000 }],
		['a model whose provider caches nothing', { provider: 'ollama', model: 'llama3.2' }],
		['a model without a price', { model: 'house-model' }],
	])('is silent on %s', (_case, over) => {
		expect(cachingAdvice(rowsOf('day', many(over)), 30, settings)).toEqual([]);
	});

	it('is silent on a prompt that is hardly used', () => {
		expect(cachingAdvice(rowsOf('day', many({}).slice(0, 5)), 30, settings)).toEqual([]);
	});
});
