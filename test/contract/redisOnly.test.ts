/** What only Redis can meet: commands that are sent once more, a host that sleeps, keys that others wrote. */
import { afterEach, expect, it } from '@jest/globals';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { redisCostLedger } from '../../nodes/shared/drivers/redis/costLedger';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { Clock } from '../../nodes/shared/ports/Clock';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { asked, engineOver } from '../support/engine';
import { redisSettings } from './backends';

const closing: Array<() => Promise<void> | void> = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function startClient() {
	const server = await startRedis();
	closing.push(() => server.close());
	const client = connectRedis(redisSettings(server.port));
	closing.push(() => client.disconnect());
	return client;
}

async function startEngine(clock: Clock = systemClock) {
	const client = await startClient();
	const engine = engineOver(redisCacheStore(client, 'pc:', clock), clock);
	closing.push(() => engine.close());
	return { client, engine };
}

it('A reservation that is sent once more after a reconnect does not count itself', async () => {
	const ledger = redisCostLedger(await startClient(), 'pc:');
	const day = { periodKey: '2026-11-20', scope: 'all' };
	const ask = (id: string, limitNanoUsd = 100) => ({
		reservation: { ...day, id },
		limitNanoUsd,
		amountNanoUsd: 60,
		ttlMs: 60_000,
	});
	const granted = { granted: true, spentNanoUsd: 0, reservedNanoUsd: 60 };
	expect(await ledger.reserve(ask('one'))).toEqual(granted);
	expect(await ledger.reserve(ask('one'))).toEqual(granted);
	// Refused at last, it holds nothing back from the others.
	expect(await ledger.reserve(ask('one', 50))).toMatchObject({ granted: false });
	expect(await ledger.reserve(ask('another'))).toEqual(granted);
});

it('An answer that expired while the host was suspended is not served as fresh', async () => {
	let wallMs = 0;
	const clock: Clock = { ...systemClock, nowMs: () => wallMs, elapsedMs: () => 0 };
	const { engine } = await startEngine(clock);
	await engine.answer(asked('q'), 'old', undefined, { ttlMs: 300, graceMs: 60_000 });
	const status = async () => (await engine.ask(asked('q'), { coalesce: false })).status;
	expect(await status()).toBe('hit');
	await new Promise((resolve) => setTimeout(resolve, 400));
	// The monotonic clock stood still meanwhile.
	wallMs += 400;
	expect(await status()).not.toBe('hit');
});
