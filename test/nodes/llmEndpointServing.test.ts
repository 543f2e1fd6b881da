import { describe, expect, it } from '@jest/globals';
import http from 'node:http';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { startEndpoint, type Endpoint } from '../../nodes/LlmEndpointTrigger/endpoint';
import type { Exchange } from '../../nodes/LlmEndpointTrigger/exchange';
import { listen } from '../../nodes/LlmEndpointTrigger/listener';
import { serve } from '../../nodes/LlmEndpointTrigger/serve';
import { readPlace, readPlan } from '../../nodes/LlmEndpointTrigger/settings';
import { decodeEntry } from '../../nodes/shared/core/entry/envelope';
import type { JsonObject } from '../../nodes/shared/core/json';
import { openLedger } from '../../nodes/shared/n8n/openLedger';
import type { CacheStore, ExportedEntry } from '../../nodes/shared/ports/CacheStore';
import { until } from '../support/redisCluster';
import { context, inTriggerFolder, KEY } from '../support/triggerContext';

const closers = inTriggerFolder();

async function entriesOf(store: CacheStore, namespace: string): Promise<ExportedEntry[]> {
	const all: ExportedEntry[] = [];
	for await (const entry of store.entries(namespace)) all.push(entry);
	return all;
}

describe('an endpoint that serves', () => {
	const request = (content: string, more: JsonObject = {}) => ({
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
		body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more }),
	});

	async function openEndpoint(
		parameters: Record<string, unknown>,
		answer: JsonObject | undefined,
		run: (exchange: Exchange, number: number) => void = (exchange) => {
			exchange.receive({ promptCache: 'started', executionId: '7' });
			if (answer) exchange.receive({ promptCache: 'answer', item: answer });
		},
		below: string[] = [],
	) {
		const ctx = context({ port: await freePort(), ...parameters }, below);
		const items: JsonObject[] = [];
		const stopped: string[] = [];
		const endpoint = startEndpoint(await readPlan(ctx), (id) => stopped.push(id));
		const place = readPlace(ctx, endpoint);
		closers.push(
			await listen(place, (asked, response, below) =>
				serve(asked, response, below, endpoint, (item, exchange) => {
					items.push(item);
					if (exchange) run(exchange, items.length);
				}),
			),
		);
		return {
			url: `http://127.0.0.1:${place.port}/llm/v1/chat/completions`,
			items,
			stopped,
			endpoint,
		};
	}

	/** What is in the ledger. */
	function booked(endpoint: Endpoint) {
		const everything = { span: 'day', fromMs: 0, toMs: Date.now() + 1 } as const;
		return openLedger(endpoint.open()).rows(everything);
	}

	it('starts an execution with the request, the user’s words and no header of the client', async () => {
		const { url, items } = await openEndpoint({}, { answer: 'hello' });
		await fetch(url, request('first words'));
		expect(items[0]).toMatchObject({
			body: { model: 'm' },
			chatInput: 'first words',
			endpoint: { operation: 'chat', caller: 'tester', streamed: false },
			cache: { status: 'miss', namespace: 'tests', leader: true },
		});
		expect(JSON.stringify(items[0])).not.toContain(KEY);
	});

	it('refuses more waiting clients than it may have, and stops the execution of one that takes too long', async () => {
		const serving = { maxWaiting: 1, answerTimeoutSeconds: 1, coalesce: false };
		const { url, items, stopped } = await openEndpoint({ serving }, undefined);
		const slow = fetch(url, request('takes long'));
		while (items.length === 0) await new Promise((resolve) => setImmediate(resolve));
		const refused = await fetch(url, request('comes too late'));
		expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
		expect((await slow).status).toBe(504);
		expect(stopped).toEqual(['7']);
	});

	it('tells a client to ask again when the worker falls silent, books its call as lost, and lets one of those who wait compute it', async () => {
		const { url, items, endpoint } = await openEndpoint({}, undefined, (exchange, number) => {
			if (number === 1) {
				exchange.receive({ promptCache: 'started', executionId: '7', beatMs: 50 });
				exchange.receive({ promptCache: 'alive' });
			} else {
				exchange.receive({ promptCache: 'answer', item: { answer: 'from another worker' } });
			}
		});
		const first = fetch(url, request('its worker is killed'));
		while (items.length === 0) await new Promise((resolve) => setImmediate(resolve));
		const waiting = Array.from({ length: 4 }, () => fetch(url, request('its worker is killed')));

		const silent = await first;
		expect([silent.status, silent.headers.get('retry-after')]).toEqual([503, '1']);
		expect(await silent.json()).toMatchObject({ error: { code: 'answer_lost' } });
		const answers = await Promise.all(waiting);
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
		expect(items).toHaveLength(2);
		const lost = (await booked(endpoint)).filter(({ counters }) => counters.lostCalls > 0);
		expect(lost).toMatchObject([
			{
				dimensions: { namespace: 'tests', workflow: 'Test' },
				counters: { lostCalls: 1, calls: 0 },
			},
		]);
	});

	/** A client that leaves once its execution has begun, and others that wait for the same answer. */
	async function leave(
		url: string,
		items: JsonObject[],
		content: string,
	): Promise<() => Promise<number[]>> {
		const gone = new AbortController();
		const first = fetch(url, { ...request(content), signal: gone.signal });
		while (items.length === 0) await new Promise((resolve) => setImmediate(resolve));
		const others = Array.from({ length: 4 }, () => fetch(url, request(content)));
		gone.abort();
		await expect(first).rejects.toThrow();
		return async () => (await Promise.all(others)).map(({ status }) => status);
	}

	it('stops an AI node whose client goes away, and lets one of those who wait compute the answer', async () => {
		const { url, items, stopped } = await openEndpoint(
			{},
			undefined,
			(exchange, number) => {
				exchange.receive({ promptCache: 'started', executionId: String(number) });
				if (number > 1) exchange.receive({ promptCache: 'answer', item: { answer: 'for others' } });
			},
			['@n8n/n8n-nodes-langchain.agent'],
		);
		const others = await leave(url, items, 'left to an agent');
		expect(await others()).toEqual([200, 200, 200, 200]);
		expect([items.length, stopped]).toEqual([2, ['1']]);
	});

	it('keeps the answer of a call that cannot be stopped, though its client is gone', async () => {
		let exchange: Exchange | undefined;
		const { url, items, stopped, endpoint } = await openEndpoint({}, undefined, (opened) => {
			exchange = opened;
			exchange.receive({ promptCache: 'started', executionId: '1' });
		});
		const others = await leave(url, items, 'left to the provider');
		expect(endpoint.waiting.count).toBe(1);
		exchange!.receive({ promptCache: 'answer', item: { answer: 'paid for anyway' } });
		expect(await others()).toEqual([200, 200, 200, 200]);
		expect([items.length, stopped, endpoint.waiting.count]).toEqual([1, [], 0]);
	});

	it('throws nothing at who tells of a failure, though the backend can be opened no more', async () => {
		let told = false;
		const opened = await openEndpoint({}, undefined, (exchange) => {
			opened.endpoint.open = () => {
				throw new Error('the disk is gone');
			};
			exchange.ended();
			told = true;
		});
		const { status } = await fetch(opened.url, request('in vain'));
		expect([status, told]).toEqual([500, true]);
	});

	it('does not keep a refusal, a cut answer or broken JSON', async () => {
		for (const [content, answer, more] of [
			['refused', { answer: "I'm sorry, but I can't help with that." }, {}],
			['cut', { choices: [{ message: { content: 'half of' }, finish_reason: 'length' }] }, {}],
			['json', { answer: '{"half":' }, { response_format: { type: 'json_object' } }],
		] as Array<[string, JsonObject, JsonObject]>) {
			const { url, items } = await openEndpoint({}, answer);
			await fetch(url, request(content, more));
			await fetch(url, request(content, more));
			expect(items).toHaveLength(2);
		}
	});

	const PRICED = {
		model: 'gpt-4o-mini',
		choices: [{ index: 0, message: { role: 'assistant', content: 'dear' }, finish_reason: 'stop' }],
		usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
	};

	it('tells status, key, age and cost in the headers of a hit, a miss and an error', async () => {
		const { url } = await openEndpoint({}, PRICED);
		const told = async (sent: Parameters<typeof fetch>[1]) => {
			const { headers, status } = await fetch(url, sent);
			const names = ['status', 'age', 'cost'].map((name) => headers.get(`x-prompt-cache-${name}`));
			return [status, headers.get('x-prompt-cache-key')?.length, ...names];
		};
		const asked = request('what is told');
		const headers = { ...asked.headers, 'cache-control': 'only-if-cached' };

		expect(await told({ ...asked, headers })).toEqual([504, 64, 'miss', null, null]);
		expect(await told(asked)).toEqual([200, 64, 'miss', null, '0.00075']);
		expect(await told(asked)).toEqual([200, 64, 'hit', '0', '0']);
		expect(await told({ ...asked, body: '{' })).toEqual([400, undefined, null, null, null]);
	});

	it('tells the cost of a streamed miss in a trailer, since its headers are gone before it is known', async () => {
		const { url } = await openEndpoint({}, PRICED);
		const { method, headers, body } = request('streamed', { stream: true });
		const read = () =>
			new Promise<http.IncomingMessage>((resolve, reject) => {
				const sent = http.request(url, { method, headers }, (answer) => {
					answer.resume().once('end', () => resolve(answer));
				});
				sent.once('error', reject).end(body);
			});
		const [miss, hit] = [await read(), await read()];

		expect(miss.headers['x-prompt-cache-cost']).toBeUndefined();
		expect(miss.headers.trailer).toBe('x-prompt-cache-cost');
		expect(miss.trailers).toEqual({ 'x-prompt-cache-cost': '0.00075' });
		expect(hit.headers['x-prompt-cache-cost']).toBe('0');
	});

	it('obeys the client’s Cache-Control', async () => {
		const { url, items } = await openEndpoint({}, { answer: 'kept' });
		const asked = request('controlled');
		const send = (control: string) =>
			fetch(url, { ...asked, headers: { ...asked.headers, 'cache-control': control } });
		expect((await send('only-if-cached')).status).toBe(504);
		expect((await send('no-store')).headers.get('x-prompt-cache-status')).toBe('bypass');
		await send('');
		expect((await send('')).headers.get('x-prompt-cache-status')).toBe('hit');
		expect((await send('no-cache')).headers.get('x-prompt-cache-status')).toBe('miss');
		expect(items).toHaveLength(3);
	});

	it('does not take one namespace for another whose name and text read the same together', async () => {
		const namespaces = ['shared', 'shared '];
		const key = namespaces.map((namespace, at) => ({ key: `${KEY}-${at}`, namespace }));
		const { url } = await openEndpoint({ keys: { key } }, { answer: 'for one alone' });
		const { method, headers, body } = request('who is asking?');
		const statuses = [];
		for (const [at, text] of [` ${body}`, body].entries()) {
			const authorization = `Bearer ${KEY}-${at}`;
			const answer = await fetch(url, {
				method,
				headers: { ...headers, authorization },
				body: text,
			});
			statuses.push(answer.headers.get('x-prompt-cache-status'));
		}
		expect(statuses).toEqual(['miss', 'miss']);
	});

	it('books the call that refreshes a stale answer, and keeps what it cost', async () => {
		const keys = { key: [{ key: KEY, name: 'tester', namespace: 'refreshed' }] };
		const { url, items, endpoint } = await openEndpoint({ keys, ttlSeconds: 0.01 }, PRICED);
		const asked = request('grows old');
		const send = (control: string) =>
			fetch(url, { ...asked, headers: { ...asked.headers, 'cache-control': control } });
		await send('');
		await new Promise((resolve) => setTimeout(resolve, 20));
		const stale = await send('stale-while-revalidate=60');
		expect(stale.headers.get('x-prompt-cache-status')).toBe('stale');
		expect(items).toHaveLength(2);
		await until(async () => {
			const rows = await booked(endpoint);
			return rows.some(
				({ dimensions: { namespace }, counters }) =>
					namespace === 'refreshed' && counters.calls === 2,
			);
		});
		const [again] = await endpoint.open().store.run((live) => entriesOf(live, 'refreshed'), 1_000);
		expect(decodeEntry(again!.packed, []).meta.usage).toMatchObject({ usd: 0.00075 });
	});

	it('books the call that should refresh a stale answer as lost when its worker falls silent', async () => {
		const keys = { key: [{ key: KEY, name: 'tester', namespace: 'silent' }] };
		const answer = (exchange: Exchange, number: number) =>
			exchange.receive(
				number === 1
					? { promptCache: 'answer', item: PRICED }
					: { promptCache: 'started', executionId: '7', beatMs: 5 },
			);
		const { url, endpoint } = await openEndpoint({ keys, ttlSeconds: 0.01 }, PRICED, answer);
		const asked = request('refreshed by a worker that dies');
		await fetch(url, asked);
		await new Promise((resolve) => setTimeout(resolve, 20));
		const headers = { ...asked.headers, 'cache-control': 'stale-while-revalidate=60' };
		const stale = await fetch(url, { ...asked, headers });
		expect(stale.headers.get('x-prompt-cache-status')).toBe('stale');
		await until(async () =>
			(await booked(endpoint)).some(
				({ dimensions: { namespace }, counters }) =>
					namespace === 'silent' && counters.lostCalls === 1,
			),
		);
	});

	it('starts an execution for a hit too where that is asked for', async () => {
		const { url, items } = await openEndpoint(
			{ serving: { recordHits: true } },
			{ answer: 'seen' },
		);
		await fetch(url, request('recorded'));
		await fetch(url, request('recorded'));
		expect(items.map(({ cache }) => (cache as JsonObject).status)).toEqual(['miss', 'hit']);
	});
});
