import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EditorSession } from '../../scripts/lib/n8nContent.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { ALICE, BOB, startEndpoints, type Listen, type TestEndpoints } from '../support/endpoint';
import { backend } from '../support/n8n';

let endpoints: TestEndpoints;
let editor: EditorSession;

const strict = { maxRequestBytes: 2000, receiveTimeoutSeconds: 1 };

beforeAll(async () => {
	endpoints = await startEndpoints(
		(['port', 'webhook'] as const).flatMap((listen) => [
			{ listen, path: 'llm', parameters: { serving: strict } },
			{ listen, path: 'open/plain', parameters: { protocol: 'json', authentication: 'none' } },
			{
				listen,
				path: 'limited',
				parameters: {
					keys: { key: [{ key: ALICE, name: 'alice', requestsPerMinute: 3 }] },
				},
			},
		]),
	);
	editor = await endpoints.n8n.logIn();
}, 180_000);

afterAll(() => endpoints?.stop(), 60_000);

const body = (content: string) =>
	JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });

const JSON_TYPE = { 'content-type': 'application/json' };
const withKey = (key: string) => ({ ...JSON_TYPE, authorization: `Bearer ${key}` });

async function send(url: string, init: RequestInit) {
	const answer = await fetch(url, { method: 'POST', ...init });
	const text = await answer.text();
	return { status: answer.status, text, headers: answer.headers };
}

/** Whether it came to hold within `most` tenths of a second. */
async function eventually(holds: () => Promise<boolean>, most = 100): Promise<boolean> {
	for (let tries = 0; tries < most; tries++) {
		if (await holds()) return true;
		await sleep(100);
	}
	return false;
}

/** Sends bytes as they are, and gives what came back until the other side closed or `ms` passed. */
function raw(port: number, bytes: string, ms = 6_000): Promise<string> {
	return new Promise((resolve) => {
		let got = '';
		const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
		const end = () => {
			clearTimeout(timer);
			socket.destroy();
			resolve(got);
		};
		const timer = setTimeout(end, ms);
		socket.on('data', (data) => (got += String(data)));
		socket.on('close', end).on('error', end);
	});
}

const call = async <T>(method: string, route: string, content?: unknown): Promise<T> =>
	(await editor.call(method, route, content)) as T;

const workflowId = (listen: Listen, path: string) => stableId(`${listen} ${path}`);

describe.each<Listen>(['port', 'webhook'])(
	`abuse of the endpoint by %s, backend ${backend}`,
	(listen) => {
		const chat = (path = 'llm') => `${endpoints.base(listen, path)}/v1/chat/completions`;
		const refused = async (init: RequestInit) => {
			const { calls, result } = await endpoints.callsOf(() => send(chat(), init));
			expect(calls).toBe(0);
			expect(result.text).not.toMatch(/key-of-|\/root|node_modules|at .*\.js|sqlite|redis:/i);
			return result;
		};

		it.each<[string, RequestInit, number, string]>([
			['no key', { headers: JSON_TYPE, body: body('x') }, 401, 'invalid_api_key'],
			[
				'a wrong key',
				{ headers: withKey('key-of-mallory'), body: body('x') },
				401,
				'invalid_api_key',
			],
			['an empty key', { headers: withKey(''), body: body('x') }, 401, 'invalid_api_key'],
			[
				'the beginning of a key',
				{ headers: withKey(ALICE.slice(0, -1)), body: body('x') },
				401,
				'invalid_api_key',
			],
			[
				'two keys at once',
				{ headers: { ...withKey(ALICE), 'x-api-key': BOB }, body: body('x') },
				401,
				'invalid_api_key',
			],
			['broken JSON', { headers: withKey(ALICE), body: '{"model": "m", ' }, 400, 'invalid_json'],
			['a list instead of an object', { headers: withKey(ALICE), body: '[]' }, 400, 'invalid_json'],
			['no messages', { headers: withKey(ALICE), body: '{"model":"m"}' }, 400, 'invalid_request'],
			[
				'a body over the limit',
				{ headers: withKey(ALICE), body: body('x'.repeat(3000)) },
				413,
				'request_too_large',
			],
			[
				'a form instead of JSON',
				{ headers: { ...withKey(ALICE), 'content-type': 'text/plain' }, body: body('x') },
				415,
				'unsupported_media_type',
			],
			[
				'a compressed body',
				{ headers: { ...withKey(ALICE), 'content-encoding': 'gzip' }, body: body('x') },
				415,
				'unsupported_encoding',
			],
		])('refuses %s in the shape of the protocol', async (_what, init, status, code) => {
			const { status: told, text } = await refused(init);
			expect({ status: told, error: JSON.parse(text).error }).toMatchObject({
				status,
				error: { code, message: expect.any(String), type: expect.any(String) },
			});
		});

		it('refuses a chunked body once it is over the limit', async () => {
			const { port } = new URL(chat());
			const answer = await raw(
				Number(port),
				`POST ${new URL(chat()).pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ALICE}\r\n` +
					'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
					`fff\r\n${'x'.repeat(4095)}\r\n`.repeat(3),
			);
			expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		});

		it('lets a slow body go after its time', async () => {
			const answer = await raw(
				Number(new URL(chat()).port),
				`POST ${new URL(chat()).pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ALICE}\r\n` +
					'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"model"',
			);
			expect(answer).toMatch(/^HTTP\/1\.1 408 /);
		});

		it('does not give one tenant the answer of another', async () => {
			await send(chat(), { headers: withKey(ALICE), body: body(`secret of ${listen}`) });
			const { calls, result } = await endpoints.callsOf(() =>
				send(chat(), { headers: withKey(BOB), body: body(`secret of ${listen}`) }),
			);
			expect(calls).toBe(1);
			expect(result.headers.get('x-prompt-cache-status')).toBe('miss');
			const mine = body(`another secret of ${listen}`);
			await send(chat(), { headers: withKey(ALICE), body: mine });
			const forged = { ...withKey(BOB), 'x-prompt-cache-namespace': 'alice', namespace: 'alice' };
			const again = await send(chat(), { headers: forged, body: mine });
			expect(again.headers.get('x-prompt-cache-status')).toBe('miss');
		});

		it.each([
			'/V1/chat/completions',
			'//v1/chat/completions',
			'/v1/./chat/completions',
			'/v1/chat/completions;x',
			'/v1/chat/completions%00',
			'/v1/completions',
			'/../llm/v1/chat/completions/x',
		])('has nothing at %s', async (path) => {
			const { pathname, port } = new URL(endpoints.base(listen, 'llm'));
			const answer = await raw(
				Number(port),
				`POST ${pathname}${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${ALICE}\r\n` +
					`Content-Type: application/json\r\nContent-Length: ${body('x').length}\r\n\r\n${body('x')}`,
			);
			expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
		});

		it('limits the requests of a key, and says when to come again', async () => {
			const statuses: number[] = [];
			let retry: string | null = null;
			for (let sent = 0; sent < 5; sent++) {
				const answer = await send(chat('limited'), {
					headers: withKey(ALICE),
					body: body('again'),
				});
				statuses.push(answer.status);
				retry = answer.headers.get('retry-after') ?? retry;
			}
			expect(statuses).toEqual([200, 200, 200, 429, 429]);
			expect(Number(retry)).toBeGreaterThan(0);
		});

		it('without keys answers programs, but no web page', async () => {
			const url = endpoints.base(listen, 'open/plain');
			const init = { headers: JSON_TYPE, body: JSON.stringify({ model: 'm', prompt: 'hello' }) };
			expect((await send(url, init)).status).toBe(200);
			const headers = { ...JSON_TYPE, origin: 'https://evil.example' };
			expect((await send(url, { ...init, headers })).status).toBe(403);
		});

		it('keeps keys out of executions', async () => {
			await send(chat(), { headers: withKey(ALICE), body: body(`recorded ${listen}`) });
			const { results } = await call<{ results: Array<{ id: string }> }>(
				'GET',
				`/executions?filter=${encodeURIComponent(JSON.stringify({ workflowId: workflowId(listen, 'llm') }))}`,
			);
			const execution = await call<{ data: string }>('GET', `/executions/${results[0]!.id}`);
			expect(execution.data).toContain(`recorded ${listen}`);
			expect(execution.data).not.toMatch(/Bearer|authorization/i);
		});
	},
);

describe(`a port of its own, backend ${backend}`, () => {
	const chat = () => `${endpoints.base('port', 'llm')}/v1/chat/completions`;
	const works = async () => {
		const init = { headers: withKey(BOB), body: body('still there?') };
		const [port, n8n] = await Promise.all([
			send(chat(), init),
			fetch(`${endpoints.n8n.url}/healthz/readiness`),
		]);
		return [port.status, n8n.status];
	};

	it('answers on, and n8n too, under 1,000 half-open connections', async () => {
		const heads = `POST ${new URL(chat()).pathname} HTTP/1.1\r\nHost: x\r\n`;
		const sockets: net.Socket[] = [];
		for (let opened = 0; opened < 1000; opened++) {
			const socket = net.connect(endpoints.port, '127.0.0.1');
			await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve));
			socket.on('error', () => undefined);
			socket.write(opened % 2 ? heads : '');
			sockets.push(socket);
		}
		expect(await works()).toEqual([200, 200]);
		for (const socket of sockets) socket.destroy();
		expect(await works()).toEqual([200, 200]);
	});

	it.each([
		[
			'a header over the limit',
			`GET /llm/v1/models HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(40_000)}\r\n\r\n`,
			/^HTTP\/1\.1 431 /,
		],
		[
			'two lengths',
			`POST /llm/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
			/^HTTP\/1\.1 400 /,
		],
		[
			'a length beside chunks',
			`POST /llm/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
			/^HTTP\/1\.1 400 /,
		],
		['a line that is no request', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
	])('refuses %s', async (_what, bytes, expected) => {
		expect(await raw(endpoints.port, bytes)).toMatch(expected);
		expect(await works()).toEqual([200, 200]);
	});

	it('answers health checks without a key, and says nothing else there', async () => {
		const answer = await fetch(`http://127.0.0.1:${endpoints.port}/healthz`);
		expect([answer.status, await answer.text()]).toEqual([200, '{"status":"ok"}']);
	});

	it('closes the port of a workflow that is switched off, and opens it again', async () => {
		const ids = ['llm', 'open/plain', 'limited'].map((path) => workflowId('port', path));
		const switchAll = async (on: boolean) => {
			for (const id of ids) {
				const { versionId } = await call<{ versionId: string }>('GET', `/workflows/${id}`);
				await editor.call('POST', `/workflows/${id}/${on ? 'activate' : 'deactivate'}`, {
					versionId,
				});
			}
		};
		const isOpen = () => fetch(chat(), { method: 'POST' }).then(Boolean, () => false);
		await switchAll(false);
		expect(await eventually(async () => !(await isOpen()))).toBe(true);
		await switchAll(true);
		expect(await eventually(isOpen)).toBe(true);
		expect(await works()).toEqual([200, 200]);
	});

	it('says at activation that a port is in use', async () => {
		const holder = http.createServer();
		await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
		const { port } = holder.address() as net.AddressInfo;
		const error = await activateWith({ port });
		holder.close();
		expect(error).toContain(`Port ${port} on 127.0.0.1 is in use by another program`);
	}, 60_000);

	it('says at activation that another workflow answers at the path, and that keys are missing', async () => {
		expect(await activateWith({ path: 'limited', port: endpoints.port })).toContain(
			'Another workflow answers at 127.0.0.1',
		);
		expect(await activateWith({ keys: {}, port: endpoints.port })).toContain(
			'The endpoint has no keys',
		);
	}, 90_000);

	/** Changes the endpoint's parameters and gives n8n's words when it is switched on. */
	async function activateWith(change: Record<string, unknown>): Promise<string> {
		const id = workflowId('port', 'llm');
		const workflow = await call<{
			versionId: string;
			nodes: Array<{ type: string; parameters: Record<string, unknown> }>;
		}>('GET', `/workflows/${id}`);
		const nodes = structuredClone(workflow.nodes);
		const trigger = nodes.find(({ type }) => type.endsWith('.llmEndpointTrigger'))!;
		Object.assign(trigger.parameters, change);
		await editor.call('POST', `/workflows/${id}/deactivate`, {});
		const { versionId } = await call<{ versionId: string }>('PATCH', `/workflows/${id}`, {
			nodes,
			versionId: workflow.versionId,
		});
		await editor.call('POST', `/workflows/${id}/activate`, { versionId });
		// n8n switches workflows on behind the scenes, and keeps what went wrong.
		let said = '';
		await eventually(async () => {
			const { status, triggers } = await call<{
				status: string;
				triggers: Array<{ errorMessage?: string }>;
			}>('GET', `/workflows/${id}/publication-status`);
			said = triggers.map(({ errorMessage }) => errorMessage ?? '').join('\n');
			return status !== 'in_progress' && said !== '';
		}, 300);
		return said;
	}
});

describe(`the folder of the embedded cache`, () => {
	it('is the same for triggers as for other nodes', () => {
		if (backend !== 'embedded') return;
		const folder = `${endpoints.n8n.userFolder}/.n8n/storage/n8n-nodes-prompt-cache`;
		expect(fs.existsSync(`${folder}/cache.sqlite`)).toBe(true);
	});
});
