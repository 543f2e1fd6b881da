import { describe, expect, it } from '@jest/globals';
import { bookAnswer, type Booked } from '../../nodes/LlmEndpointTrigger/booking';
import type { JsonObject } from '../../nodes/shared/core/json';
import { embeddedConnection } from '../../nodes/shared/n8n/connections';
import { openLedger } from '../../nodes/shared/n8n/openLedger';
import { ownFolder } from '../support/ownFolder';
import { until } from '../support/redisCluster';

const answer = (tokens: number): JsonObject => ({
	model: 'gpt-4o',
	data: [{ object: 'embedding', embedding: [0] }],
	usage: { prompt_tokens: tokens, completion_tokens: 100, total_tokens: tokens + 100 },
});

const hit = (more: Partial<Booked>): Booked => ({
	kind: 'hit',
	key: 'k',
	body: answer(1000),
	model: 'gpt-4o',
	workflow: 'Gateway',
	namespace: 'default',
	latencyMs: 3,
	originalLatencyMs: 903,
	...more,
});

/** Books the hits in one go, and gives the counters once that many are there. */
async function totalsOf(hits: Booked[]) {
	const connection = embeddedConnection(ownFolder('booking'));
	for (const one of hits) bookAnswer(connection, one);
	const everything = { span: 'day', fromMs: 0, toMs: Date.now() + 86_400_000 } as const;
	const read = async () => (await openLedger(connection).rows(everything))[0]?.counters;
	await until(async () => ((await read())?.hits ?? 0) >= hits.length, 400);
	return (await read())!;
}

describe('the books of an endpoint', () => {
	it('hold every answer, however many are given in one second', async () => {
		const many = Array.from({ length: 20_500 }, (_, latencyMs) => hit({ latencyMs }));
		expect(await totalsOf(many)).toMatchObject({ hits: 20_500 });
	});

	it('tell two answers under one key apart that have no id', async () => {
		const totals = await totalsOf([hit({}), hit({ body: answer(2000) })]);
		expect(totals).toMatchObject({ hits: 2, avoidedNanoUsd: 3_500_000 + 6_000_000 });
	});
});
