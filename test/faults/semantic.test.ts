import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../nodes/shared/core/entry/envelope';
import { partitionIdOf } from '../../nodes/shared/core/semantic/partition';
import {
	closeConnections,
	embeddedConnection,
	redisConnection,
	type Connection,
} from '../../nodes/shared/n8n/connections';
import { rebuildIndex } from '../../nodes/shared/services/rebuildIndex';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { fetchedServers, redisSettings } from '../contract/backends';
import { inOtherWords, promptOfRun } from '../support/askedByRun';
import { compileInto } from '../support/compiled';
import { semanticEngine, type SemanticEngine } from '../support/semanticEngine';
import type { Storing } from '../support/semanticStorer';
import { textOfRun } from '../support/storedByRun';

const KILLS = 200;
const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-killed-'));

interface Place {
	storing: Omit<Storing, 'run'>;
	connection: Connection;
	close(): Promise<void>;
}

async function overRedis(launcher?: string[]): Promise<Place> {
	const server = await startRedis({ launcher });
	const credential = { ...redisSettings(server.port), keyPrefix: 'pc:', encryptionKeys: '' };
	return {
		storing: { credential },
		connection: redisConnection(credential),
		close: () => server.close(),
	};
}

async function overSqlite(): Promise<Place> {
	const place = join(folder, 'cache');
	return {
		storing: { folder: place },
		connection: embeddedConnection(place),
		close: async () => undefined,
	};
}

const { redis8 } = fetchedServers();
const places: Array<[string, string, () => Promise<Place>]> = [
	['SQLite', 'in-process search over SQLite', overSqlite],
	['a Redis list', 'in-process search over a Redis list', () => overRedis()],
];
if (redis8.found) places.push(['Redis 8', 'Redis Vector Sets', () => overRedis(redis8.launcher)]);
else console.warn(`Redis Vector Sets are not tested: ${redis8.reason}`);

beforeAll(() => {
	compileInto(folder, [
		'nodes/shared/core',
		'nodes/shared/drivers',
		'nodes/shared/services',
		'nodes/shared/ports',
		...['bookLostCall', 'connections', 'openLedger'].map((name) => `nodes/shared/n8n/${name}.ts`),
		...['askedByRun', 'engine', 'semanticEngine', 'semanticStorer', 'storedByRun'].map(
			(name) => `test/support/${name}.ts`,
		),
	]);
	const root = join(__dirname, '..', '..');
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
	symlinkSync(join(root, 'nodes', 'shared', 'data'), join(folder, 'nodes', 'shared', 'data'));
});
afterAll(() => {
	closeConnections();
	rmSync(folder, { recursive: true, force: true });
});

/** Starts a storing process, and kills it a moment after its first store; resolves to how many it told. */
function killOne(storing: Storing): Promise<number> {
	const script = join(folder, 'test', 'support', 'semanticStorer.js');
	const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(storing)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let printed = '';
	child.stdout.on('data', (text: Buffer) => {
		if (printed === '') setTimeout(() => child.kill('SIGKILL'), (storing.run * 7) % 23);
		printed += text.toString();
	});
	return new Promise((resolve) => {
		child.once('close', () => resolve(printed.split('\n').length - 1));
	});
}

describe.each(places)('200 storing processes over %s that are killed', (_, kind, start) => {
	let place: Place;
	let engine: SemanticEngine;
	const told: number[] = [];

	beforeAll(async () => {
		place = await start();
		engine = await semanticEngine(place.connection);
		const lanes = [0, 1].map(async (lane) => {
			for (let run = lane; run < KILLS; run += 2) {
				told[run] = await killOne({ ...place.storing, run } as Storing);
			}
		});
		await Promise.all(lanes);
	}, 400_000);
	afterAll(() => place?.close());

	/** Asks for the first prompts of every run in other words. */
	async function audit(countOf: (run: number) => number) {
		const found = { hits: 0, missing: 0, wrong: 0 };
		for (let run = 0; run < KILLS; run++) {
			for (let index = 0; index < countOf(run); index++) {
				const outcome = await engine.ask(inOtherWords(promptOfRun(index)), `run ${run}`);
				if (!outcome.hit) found.missing += 1;
				else if (outcome.entry.response === textOfRun(run, index)) found.hits += 1;
				else found.wrong += 1;
			}
		}
		return found;
	}

	it('leave every answer that was told to be found by meaning, and none that is half or wrong', async () => {
		expect(engine.deps.index.kind).toBe(kind);
		const count = told.reduce((sum, one) => sum + one, 0);
		expect(count).toBeGreaterThan(KILLS);
		expect(await audit((run) => told[run]!)).toEqual({ hits: count, missing: 0, wrong: 0 });
		// The one that was being stored, and one that never was.
		expect(await audit((run) => told[run]! + 2)).toMatchObject({ wrong: 0 });
	}, 120_000);

	it('leave index and entries in agreement once the index is rebuilt', async () => {
		const report = await rebuildIndex(undefined, [], engine.deps);
		const stored = new Map<string, string[]>();
		await engine.deps.store.run(async (live) => {
			for await (const { key, packed } of live.entries()) {
				const { frameId } = decodeEntry(packed, []).meta.semantic!;
				stored.set(frameId, [...(stored.get(frameId) ?? []), key]);
			}
		}, 60_000);
		expect(report).toMatchObject({ partitions: KILLS, skipped: 0 });
		expect(report.indexed).toBe([...stored.values()].flat().length);
		for (const [frameId, keys] of stored) {
			const id = partitionIdOf(frameId, engine.deps.embedder.id);
			const [vector] = await engine.deps.embedder.embed([promptOfRun(0)]);
			const near = await engine.deps.index.nearest({ namespace: 'default', id }, vector!, 10_000);
			expect(near.map(({ key }) => key).sort()).toEqual(keys.sort());
		}
		const whole = await audit(
			(run) => stored.get(engine.question(promptOfRun(0), `run ${run}`).frameId)!.length,
		);
		expect(whole).toEqual({ hits: report.indexed, missing: 0, wrong: 0 });
	}, 120_000);
});
