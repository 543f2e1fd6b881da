import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import Redis from 'ioredis';
import { connectRedis, type RedisSettings } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { InvalidationTarget } from '../../nodes/shared/ports/CacheStore';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { asked, engineOver, type Engine } from '../support/engine';
import { runProcess } from '../support/processes';
import { redisSettings } from './backends';

const closing: Array<() => Promise<void> | void> = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

function engineAt(settings: RedisSettings, prefix = 'pc:'): Engine {
	const client = connectRedis(settings);
	const engine = engineOver(redisCacheStore(client, prefix, systemClock));
	closing.push(() => client.disconnect(), engine.close);
	return engine;
}

async function startServer(args: string[] = []): Promise<number> {
	const server = await startRedis({ args });
	closing.push(() => server.close());
	return server.port;
}

/** The engine's whole work once: miss, store, hit, invalidate, inspect, walk. */
async function useAll(engine: Engine): Promise<void> {
	const outcome = await engine.ask(asked('question'));
	expect(outcome).toMatchObject({ status: 'miss', leader: true });
	const stored = await engine.answer(asked('question'), 'answer', outcome, { tags: ['a'] });
	expect(stored).toMatchObject({ stored: true });
	expect(await engine.ask(asked('question'))).toMatchObject({ status: 'hit' });
	const { store } = engine;
	const [space] = await store.run((live) => live.inspect(), 1_000);
	expect(space).toMatchObject({ namespace: 'default', entries: 1 });
	await store.run((live) => live.count('default', { hits: 1 }), 1_000);
	const ended = await store.run(
		(live) => live.invalidate('default', { by: 'tag', tag: 't:a' }),
		1_000,
	);
	expect(ended).toEqual({ invalidated: 1 });
	await store.run(
		(live) => live.extendLeases([{ namespace: 'a', key: 'k', token: 't' }], 1),
		1_000,
	);
	await store.run(
		(live) => live.releaseLeases([{ namespace: 'a', key: 'k', token: 't' }], 1),
		1_000,
	);
}

describe('a Redis that was emptied under a living connection', () => {
	it('serves nothing that was invalidated since, though the count of invalidations was lost', async () => {
		const port = await startServer();
		const engine = engineAt(redisSettings(port));
		const admin = new Redis(port, '127.0.0.1');
		closing.push(() => admin.disconnect());
		const round = async (): Promise<void> => {
			for (const text of ['one', 'two']) {
				await engine.answer(asked(text), `answer ${text}`, undefined, { tags: [text] });
			}
			for (let times = 0; times < 3; times++) {
				expect(await engine.ask(asked('two'))).toMatchObject({ status: 'hit' });
			}
		};
		const invalidate = (target: InvalidationTarget) =>
			engine.store.run((live) => live.invalidate('default', target), 1_000);
		await round();
		await invalidate({ by: 'tag', tag: 't:one' });
		expect(await engine.ask(asked('two'))).toMatchObject({ status: 'hit' });
		await admin.flushdb();
		await round();
		await invalidate({ by: 'namespace' });
		expect(await engine.ask(asked('two'), { coalesce: false })).toMatchObject({ status: 'miss' });
	});
});

describe('a connection to Redis', () => {
	it('works for an ACL user who may only touch keys under the prefix', async () => {
		const port = await startServer();
		const admin = new Redis(port, '127.0.0.1');
		closing.push(() => admin.disconnect());
		const rules = [
			'on',
			'>secret',
			'~app:*',
			'+@read',
			'+@write',
			'+@scripting',
			'+@connection',
			'+time',
			'-@dangerous',
			'+info',
		];
		await admin.call('ACL', 'SETUSER', 'cache', ...rules);
		const settings = { ...redisSettings(port), user: 'cache', password: 'secret' };
		await useAll(engineAt(settings, 'app:'));
		const elsewhere = engineAt(settings, 'other:');
		await expect(elsewhere.ask(asked('question'))).rejects.toMatchObject({
			name: 'StoreUnavailable',
			hint: expect.stringMatching(/lacks permissions/),
		});
	});

	it('says so when the password is wrong', async () => {
		const port = await startServer();
		const admin = new Redis(port, '127.0.0.1');
		closing.push(() => admin.disconnect());
		await admin.config('SET', 'requirepass', 'secret');
		const engine = engineAt({ ...redisSettings(port), password: 'wrong' });
		await expect(engine.ask(asked('question'))).rejects.toMatchObject({
			hint: expect.stringMatching(/user and password/),
		});
	});

	it('keeps databases and prefixes apart', async () => {
		const port = await startServer();
		const engines = [
			engineAt(redisSettings(port)),
			engineAt(redisSettings(port), 'other:'),
			engineAt({ ...redisSettings(port), database: 3 }),
		];
		await engines[0]!.answer(asked('question'), 'answer');
		const outcomes = await Promise.all(engines.map((one) => one.ask(asked('question'))));
		expect(outcomes.map(({ status }) => status)).toEqual(['hit', 'miss', 'miss']);
	});

	it('works over TLS with an own authority and a client certificate, and refuses strangers', async () => {
		if (!findProgram('openssl')) {
			console.warn('TLS is not tested: openssl is missing');
			return;
		}
		const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-tls-'));
		closing.push(() => rmSync(folder, { recursive: true, force: true }));
		makeCertificates(folder);
		const file = (name: string) => join(folder, name);
		const pem = (name: string) => readFileSync(file(name), 'utf8');
		const server = await startRedis({
			tls: {
				ca: file('ca.crt'),
				cert: file('server.crt'),
				key: file('server.key'),
			},
		});
		closing.push(() => server.close());
		const tls = {
			...redisSettings(server.tlsPort!),
			tls: true,
			tlsCa: pem('ca.crt'),
			tlsCert: pem('client.crt'),
			tlsKey: pem('client.key'),
		};
		await useAll(engineAt(tls));
		for (const over of [{ tlsCa: '' }, { tlsCert: '', tlsKey: '' }]) {
			await expect(engineAt({ ...tls, ...over }).ask(asked('question'))).rejects.toMatchObject({
				name: 'StoreUnavailable',
			});
		}
	});

	it('does not keep a process alive that is done', async () => {
		const port = await startServer();
		expect(await runProcess('oneLookup.ts', { port })).toEqual({ status: 'miss' });
	});
});

/** An authority of its own, and certificates of a server and a client signed by it. */
function makeCertificates(folder: string): void {
	const openssl = (...args: string[]) =>
		execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
	const subject = (name: string) => ['-subj', `/CN=${name}`, '-nodes', '-newkey', 'rsa:2048'];
	openssl('req', '-x509', ...subject('test authority'), '-keyout', 'ca.key', '-out', 'ca.crt');
	for (const name of ['server', 'client']) {
		openssl(
			'req',
			...subject(name),
			'-addext',
			'subjectAltName=IP:127.0.0.1',
			'-keyout',
			`${name}.key`,
			'-out',
			`${name}.csr`,
		);
		openssl(
			'x509',
			'-req',
			'-in',
			`${name}.csr`,
			'-CA',
			'ca.crt',
			'-CAkey',
			'ca.key',
			'-CAcreateserial',
			'-copy_extensions',
			'copy',
			'-out',
			`${name}.crt`,
		);
	}
}
