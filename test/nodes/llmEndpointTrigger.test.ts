import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { INodeParameters } from 'n8n-workflow';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { listen, type PathHandler } from '../../nodes/LlmEndpointTrigger/listener';
import { LlmEndpointTrigger } from '../../nodes/LlmEndpointTrigger/LlmEndpointTrigger.node';
import { readPlace, readPlan, type Place } from '../../nodes/LlmEndpointTrigger/settings';
import { webhookPath, webhooks } from '../../nodes/LlmEndpointTrigger/webhooks';
import type { JsonObject } from '../../nodes/shared/core/json';
import { isRelayMessage, outcomeOf } from '../../nodes/shared/n8n/executionRelay';
import { triggerFolder } from '../../nodes/shared/n8n/triggerFolder';
import { ownFolder } from '../support/ownFolder';
import { context, inTriggerFolder, KEY } from '../support/triggerContext';

const closers = inTriggerFolder();

const placeOn = async (more: Partial<Place> = {}): Promise<Place> => ({
	address: '127.0.0.1',
	port: await freePort(),
	path: '/llm',
	healthPath: '/healthz',
	maxConnections: 100,
	receiveTimeoutMs: 1000,
	answerTimeoutMs: 1000,
	...more,
});

async function open(place: Place, handler: PathHandler): Promise<() => Promise<void>> {
	const close = await listen(place, handler);
	closers.push(close);
	return close;
}

const saying =
	(word: string): PathHandler =>
	async (_request, response, below) => {
		response.end(`${word} ${below}`);
	};

const get = async (port: number, at: string) =>
	(await fetch(`http://127.0.0.1:${port}${at}`)).text();

describe('a listener', () => {
	it('lets workflows share a port on different paths, the longest path first', async () => {
		const place = await placeOn();
		await open(place, saying('one'));
		await open({ ...place, path: '/llm/team' }, saying('two'));
		await open({ ...place, path: '' }, saying('root'));

		expect(await get(place.port, '/llm/v1/models?x=1')).toBe('one /v1/models');
		expect(await get(place.port, '/llm/team/v1')).toBe('two /v1');
		expect(await get(place.port, '/llmx')).toBe('root /llmx');
	});

	it('refuses a path that is taken, and a port with another certificate', async () => {
		const place = await placeOn();
		await open(place, saying('one'));
		await expect(listen(place, saying('again'))).rejects.toThrow('Another workflow answers at');
		const tls = { cert: 'another', key: 'one' };
		await expect(listen({ ...place, path: '/b', tls }, saying('tls'))).rejects.toThrow(
			'another TLS certificate',
		);
	});

	it('says that a port is in use, and opens it once it is free', async () => {
		const holder = http.createServer();
		await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
		const place = await placeOn({ port: (holder.address() as AddressInfo).port });
		await expect(listen(place, saying('x'))).rejects.toThrow(
			`Port ${place.port} on 127.0.0.1 is in use by another program`,
		);
		await new Promise((resolve) => holder.close(resolve));
		await open(place, saying('now'));
		expect(await get(place.port, '/llm')).toBe('now ');
	});

	it('frees its port when the last workflow leaves, so that it can be opened again at once', async () => {
		const place = await placeOn();
		for (const word of ['first', 'second']) {
			const close = await listen(place, saying(word));
			expect(await get(place.port, '/llm')).toBe(`${word} `);
			await close();
			await expect(get(place.port, '/llm')).rejects.toThrow();
		}
	});

	it('speaks HTTPS with a certificate', async () => {
		const folder = ownFolder('certificate');
		const [keyFile, certFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
		const made = spawnSync('openssl', [
			...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
			...['-keyout', keyFile, '-out', certFile],
		]);
		expect(made.status).toBe(0);
		const tls = { cert: fs.readFileSync(certFile, 'utf8'), key: fs.readFileSync(keyFile, 'utf8') };
		const place = await placeOn({ tls });
		await open(place, saying('safe'));
		const answer = await new Promise<string>((resolve, reject) => {
			https
				.get(
					{
						port: place.port,
						host: '127.0.0.1',
						path: '/llm',
						ca: tls.cert,
						servername: 'localhost',
					},
					(got) => {
						got.on('data', (data) => resolve(String(data)));
					},
				)
				.on('error', reject);
		});
		expect(answer).toBe('safe ');
	});
});

describe('the parameters of an endpoint', () => {
	it.each<[string, Record<string, unknown>, string]>([
		['no keys', { keys: {} }, 'The endpoint has no keys'],
		['a key that can be guessed', { keys: { key: [{ key: 'short' }] } }, 'fewer than 8 characters'],
		['an unknown backend', { backend: 'floppy' }, 'is not a backend'],
		['a port out of range', { port: 70_000 }, 'is not a port'],
		['a budget that is no amount', { keys: { key: [{ key: KEY, budgetUsd: 'much' }] } }, 'key 1'],
		['a path that climbs', { path: '../etc' }, 'is not a path'],
		['a certificate without its key', { serving: { tlsCertificate: 'x' } }, 'TLS needs'],
	])('tell %s', async (_what, parameters, message) => {
		const ctx = context(parameters);
		const read = async () => readPlace(ctx, await readPlan(ctx));
		await expect(read()).rejects.toThrow(message);
	});

	it('leave storing to a Cache Store, electing to a Cache Lookup and booking to a Cost Tracker below', async () => {
		const prefix = 'n8n-nodes-prompt-cache.';
		expect(await readPlan(context({}))).toMatchObject({ coalesce: true, booksCalls: true });
		const store = await readPlan(context({}, [`${prefix}cacheStore`]));
		expect([store.store, store.storesItself, store.coalesce]).toEqual([undefined, true, true]);
		const both = await readPlan(context({}, [`${prefix}cacheLookup`, `${prefix}cacheStore`]));
		expect(both.coalesce).toBe(false);
		expect((await readPlan(context({}, [`${prefix}costTracker`]))).booksCalls).toBe(false);
		for (const other of [{ operation: 'checkBudget' }, { backend: 'redis' }]) {
			const endpoint = await readPlan(context({}, [`${prefix}costTracker`], other));
			expect(endpoint.booksCalls).toBe(true);
		}
	});
});

describe('the webhooks of the node', () => {
	const RESOLVERS = Symbol.for('n8n.webhookDescriptionResolvers');
	type Resolvers = Record<
		string,
		{ template: string; resolve(parameters: INodeParameters): unknown }
	>;

	it('are registered for the protocol that is chosen, and none for a port', () => {
		const registered = (parameters: INodeParameters) =>
			webhooks
				.map((hook) => {
					const { httpMethod, path: at } = (hook as unknown as Record<symbol, Resolvers>)[
						RESOLVERS
					]!;
					expect([hook.httpMethod, hook.path]).toEqual([httpMethod!.template, at!.template]);
					return `${String(httpMethod!.resolve(parameters))} ${String(at!.resolve(parameters))}`;
				})
				.filter((line) => !line.startsWith(' '));
		const at = { listen: 'webhook', path: 'a/b' };
		expect(registered({ ...at, protocol: 'openAi' })).toEqual([
			'POST a/b/v1/chat/completions',
			'POST a/b/v1/embeddings',
			'GET a/b/v1/models',
		]);
		expect(registered({ ...at, protocol: 'anthropic' })).toEqual([
			'GET a/b/v1/models',
			'POST a/b/v1/messages',
		]);
		expect(registered({ ...at, protocol: 'json' })).toEqual(['POST a/b']);
		expect(registered({ ...at, protocol: 'openAi', listen: 'port' })).toEqual([]);
		expect(webhooks.map(({ name }) => webhookPath(name))).toContain('/v1/chat/completions');
	});

	it('let n8n hand the body over unread, within the limits of the node', () => {
		const { properties } = new LlmEndpointTrigger().description;
		expect(properties.find(({ name }) => name === 'options')?.default).toEqual({
			binaryData: true,
		});
	});
});

describe('what an execution ends with', () => {
	const run = (data: unknown) =>
		({ data: { resultData: data } }) as Parameters<typeof outcomeOf>[0];
	const task = (json: JsonObject) => [{ data: { main: [[], [{ json }]] } }];

	it('is the first item of the node that ran last', () => {
		const runData = { A: task({ answer: 'no' }), B: task({ answer: 'yes' }) };
		const outcome = outcomeOf(run({ lastNodeExecuted: 'B', runData }));
		expect(outcome).toEqual({ promptCache: 'answer', item: { answer: 'yes' } });
		expect(isRelayMessage(outcome)).toBe(true);
	});

	it.each([
		['failed', run({ error: { httpCode: '429' }, runData: {} }), 429],
		['said nothing', run({ lastNodeExecuted: 'A', runData: {} }), null],
		['is not known', undefined, null],
	])('is a failure where it %s', (_what, given, status) => {
		expect(outcomeOf(given)).toEqual({ promptCache: 'failed', status });
	});
});

describe("the trigger's folder", () => {
	it("is n8n's own, however n8n finds it", () => {
		expect(triggerFolder({ N8N_USER_FOLDER: '/data', HOME: '/home/node' })).toBe(
			path.join('/data', '.n8n', 'storage', 'n8n-nodes-prompt-cache'),
		);
		expect(triggerFolder({ HOME: '/home/node' })).toBe(
			path.join('/home/node', '.n8n', 'storage', 'n8n-nodes-prompt-cache'),
		);
	});
});
