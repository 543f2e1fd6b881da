import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Gateway } from '../support/gateway';
import { GATEWAY, startGateway } from '../support/gateway';
import { backend } from '../support/n8n';

let gateway: Gateway;

beforeAll(async () => {
	gateway = await startGateway();
}, 180_000);

afterAll(() => gateway?.stop(), 60_000);

const chat = (text: string, more: Record<string, unknown> = {}) => ({
	model: 'gpt-4o-mini',
	temperature: 0.2,
	messages: [
		{ role: 'system', content: 'You are brief.' },
		{ role: 'user', content: text },
	],
	...more,
});

describe(`template 01 in a real n8n, backend ${backend}`, () => {
	it('calls the model for the first request and answers the same request again without a call', async () => {
		const first = await gateway.ask(chat('What is a cache?'));
		const second = await gateway.ask(chat('What is a cache?'));

		expect(first).toMatchObject({ status: 200, calls: 1, body: { cache: { status: 'miss' } } });
		expect(first.body.cache?.backend).toBe(backend);
		expect(second).toMatchObject({ status: 200, calls: 0, body: { cache: { status: 'hit' } } });
		expect(second.body.answer).toBe(first.body.answer);
		expect(second.body.answer).toContain('What is a cache?');
	});

	it('answers in one shape, hit or miss', async () => {
		const first = await gateway.ask(chat('One shape?'));
		const second = await gateway.ask(chat('One shape?'));

		for (const { body } of [first, second]) {
			expect(Object.keys(body).sort()).toEqual(['answer', 'cache', 'model']);
			expect(body.model).toBe('gpt-4o-mini');
		}
	});

	it('sends a short prompt to the small model and a long one to the large model', async () => {
		gateway.standIn.resetCalls();
		const short = await gateway.ask({ prompt: 'A short question' });
		const long = await gateway.ask({ prompt: `A long question ${'and so on '.repeat(60)}` });

		expect(gateway.standIn.calls().byRoute).toEqual({
			'POST /api/chat': 1,
			'POST /v1/chat/completions': 1,
		});
		expect([short.body.cache?.status, long.body.cache?.status]).toEqual(['miss', 'miss']);
		expect((await gateway.ask({ prompt: 'A short question' })).body).toMatchObject({
			answer: short.body.answer,
			cache: { status: 'hit' },
		});
	});

	it.each([
		['temperature', { temperature: 0.3 }],
		['model', { model: 'gpt-4.1' }],
		[
			'system prompt',
			{
				messages: [
					{ role: 'system', content: 'You are long-winded.' },
					{ role: 'user', content: 'Same words' },
				],
			},
		],
		['provider-specific parameter', { num_ctx: 8192 }],
	])('takes the same prompt with another %s for another request', async (_what, change) => {
		await gateway.ask(chat('Same words'));
		expect(await gateway.ask(chat('Same words', change))).toMatchObject({
			calls: 1,
			body: { cache: { status: 'miss' } },
		});
	});

	it('never shares an entry between two namespaces', async () => {
		await gateway.ask(chat('Whose answer?'));
		expect(await gateway.ask(chat('Whose answer?'), `${GATEWAY}-other`)).toMatchObject({
			calls: 1,
			body: { cache: { status: 'miss', namespace: 'other' } },
		});
	});

	it('takes other key order and white space in the JSON for the same request', async () => {
		await gateway.ask(chat('Order?'));
		const { model, temperature, messages } = chat('Order?');
		const reordered = JSON.stringify({ messages, temperature, model }, null, 4);
		expect(await gateway.ask(reordered)).toMatchObject({
			calls: 0,
			body: { cache: { status: 'hit' } },
		});
	});

	it('says why a request was not answered from the cache', async () => {
		await gateway.ask(chat('Why a miss?'));
		const { body } = await gateway.ask(chat('Why a miss?', { temperature: 0.9 }));
		expect(body.cache?.reasons.length).toBeGreaterThan(0);
	});

	it('still has the entry after n8n was restarted', async () => {
		await gateway.ask(chat('Still there?'));
		await gateway.n8n.restart();
		expect(await gateway.ask(chat('Still there?'))).toMatchObject({
			calls: 0,
			body: { cache: { status: 'hit' } },
		});
	}, 120_000);

	it.each([
		['small', { prompt: 'Fails on the small model' }],
		['large', chat('Fails on the large model')],
	])(
		'answers 502 with the reason when the %s model fails, and stores nothing',
		async (_m, body) => {
			gateway.standIn.fail({ status: 503, message: 'overloaded' });
			const failed = await gateway.ask(body);
			expect(failed).toMatchObject({ status: 502, calls: 1 });
			expect(failed.body).toMatchObject({ error: { type: 'provider_failed', status: 503 } });
			expect(failed.text).toContain('overloaded');

			expect(await gateway.ask(body)).toMatchObject({
				status: 200,
				calls: 1,
				body: { cache: { status: 'miss' } },
			});
		},
	);

	it('passes an answer that was cut on, but does not keep it', async () => {
		const body = chat('Long story [[length]]');
		expect(await gateway.ask(body)).toMatchObject({
			status: 200,
			body: { cache: { status: 'miss', stored: false } },
		});
		expect(await gateway.ask(body)).toMatchObject({
			calls: 1,
			body: { cache: { status: 'miss' } },
		});
	});

	it('makes one call for ten equal requests at once', async () => {
		gateway.standIn.resetCalls();
		gateway.standIn.fail({ delayMs: 300 });
		const answers = await Promise.all(
			Array.from({ length: 10 }, () => gateway.ask(chat('All at once'))),
		);
		expect(gateway.standIn.calls().total).toBe(1);
		expect(new Set(answers.map(({ body }) => body.answer)).size).toBe(1);
	});

	it('refuses a caller without the key', async () => {
		const { status } = await gateway.n8n.post(GATEWAY, chat('Let me in'), { 'x-api-key': 'wrong' });
		expect(status).toBe(403);
	});

	it('answers 400 and says where it looked when there is no request in the body', async () => {
		const answer = await gateway.ask({ ticket: 17 });
		expect(answer).toMatchObject({ status: 400, calls: 0 });
		expect(answer.text).toContain('No request was found');
	});

	it('leaves no unhandled rejection in the log of n8n', () => {
		expect(gateway.n8n.log()).not.toMatch(/unhandled/i);
	});
});
