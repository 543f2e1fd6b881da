import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Gateway } from '../support/gateway';
import { startGateway } from '../support/gateway';
import { backend } from '../support/n8n';

/** Each start of n8n takes seconds; PROMPT_CACHE_KILLS=200 kills more often. */
const KILLS = Number(process.env.PROMPT_CACHE_KILLS ?? 3);
const CLIENTS = 6;
/** Template 01 keeps answers for an hour, less up to a tenth: many kills take longer than that. */
const SURELY_KEPT_MS = 50 * 60_000;

let gateway: Gateway;

beforeAll(async () => {
	gateway = await startGateway();
}, 180_000);

afterAll(() => gateway?.stop(), 60_000);

const chat = (text: string) => ({
	model: 'gpt-4o-mini',
	messages: [{ role: 'user', content: text }],
});

describe(`n8n killed in the middle of stores, backend ${backend}`, () => {
	it(
		`has lost no answer that it said it stored, and serves none that is another request's, after ${KILLS} kills`,
		async () => {
			const kept: string[] = [];
			const keptAtMs: number[] = [];
			const open: string[] = [];
			let asked = 0;
			const askUntilItFails = async (): Promise<void> => {
				for (;;) {
					const text = `question number ${++asked} of many`;
					try {
						const { status, body } = await gateway.ask(chat(text));
						if (status !== 200 || !body.cache?.stored) open.push(text);
						else keptAtMs[kept.push(text) - 1] = Date.now();
					} catch {
						open.push(text);
						return;
					}
				}
			};
			const check = async (texts: string[], mustBeThere: boolean): Promise<string[]> => {
				const wrong: string[] = [];
				for (const text of texts) {
					const { body } = await gateway.ask(chat(text));
					const isLost = mustBeThere && body.cache?.status !== 'hit';
					if (isLost || !body.answer?.includes(text))
						wrong.push(`${text}: ${JSON.stringify(body)}`);
				}
				return wrong;
			};
			for (let round = 0; round < KILLS; round++) {
				const before = kept.length;
				const clients = Array.from({ length: CLIENTS }, askUntilItFails);
				while (kept.length < before + CLIENTS) await sleep(5);
				await sleep(randomInt(150));
				await gateway.n8n.restart({ killed: true });
				await Promise.all(clients);
				// What was in flight may be there or not, but never another answer.
				expect(await check(open.splice(0), false)).toEqual([]);
				expect(await check(kept.slice(before), true)).toEqual([]);
			}
			const oldestMs = Date.now() - SURELY_KEPT_MS;
			const fresh = kept.filter((_text, at) => keptAtMs[at]! > oldestMs);
			expect(await check(fresh, true)).toEqual([]);
			expect(kept.length).toBeGreaterThanOrEqual(KILLS * CLIENTS);
		},
		60_000 + KILLS * 60_000,
	);
});
