import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import type { Gateway } from '../support/gateway';
import { startGateway } from '../support/gateway';

/** The lookup's timeout by default. */
const TIMEOUT_MS = 500;
const MODEL_MS = 200;
/** What this machine may lose to other work between two answers. */
const SLACK_MS = 600;

let gateway: Gateway;
let redis: RedisServer;
let usualMissMs: number;

beforeAll(async () => {
	gateway = await startGateway();
	redis = gateway.redis as RedisServer;
	const misses: number[] = [];
	for (const number of [1, 2, 3, 4]) misses.push((await gateway.ask(prompt(`usual ${number}`))).ms);
	// The first one also warms n8n up.
	usualMissMs = Math.max(...misses.slice(1));
}, 180_000);

afterAll(() => gateway?.stop(), 60_000);

const prompt = (text: string) => ({ prompt: `${text}: what now?`, model: 'gpt-4o-mini' });

async function askDuringOutage(text: string) {
	gateway.standIn.fail({ delayMs: MODEL_MS });
	const answer = await gateway.ask(prompt(text));
	expect(answer).toMatchObject({ status: 200, calls: 1, body: { cache: { status: 'miss' } } });
	expect(answer.body.answer).toContain(text);
	return answer;
}

/** Asks new pairs of equal requests until the second one of a pair is a hit. */
async function hitsAgainWithin(ms: number): Promise<boolean> {
	const deadline = Date.now() + ms;
	for (let number = 0; Date.now() < deadline; number++) {
		const text = `resumed ${deadline} ${number}`;
		await gateway.ask(prompt(text));
		const { body } = await gateway.ask(prompt(text));
		if (body.cache?.status === 'hit') return true;
		await sleep(500);
	}
	return false;
}

describe('template 01 while Redis is away', () => {
	it('answers from the model, within the timeout and the time of the model, when Redis is stopped', async () => {
		await gateway.ask(prompt('known'));
		expect((await gateway.ask(prompt('known'))).body.cache?.status).toBe('hit');

		await redis.stop();
		for (const text of ['known', 'new one', 'another one']) {
			const { ms, body } = await askDuringOutage(text);
			expect(ms).toBeLessThan(TIMEOUT_MS + MODEL_MS + usualMissMs + SLACK_MS);
			expect(body.cache?.reasons.join(' ')).toContain('unreachable');
		}
	}, 60_000);

	it('caches again when Redis is back', async () => {
		await redis.start();
		expect(await hitsAgainWithin(60_000)).toBe(true);
	}, 90_000);

	it('answers from the model within the same time when Redis accepts connections but is silent', async () => {
		redis.freeze();
		try {
			const { ms } = await askDuringOutage('silence');
			expect(ms).toBeLessThan(TIMEOUT_MS + MODEL_MS + usualMissMs + SLACK_MS);
			for (const number of [1, 2, 3]) await askDuringOutage(`more silence ${number}`);
		} finally {
			redis.thaw();
		}
		expect(await hitsAgainWithin(60_000)).toBe(true);
	}, 120_000);

	it('leaves no unhandled rejection in the log of n8n', () => {
		expect(gateway.n8n.log()).not.toMatch(/unhandled/i);
	});
});
