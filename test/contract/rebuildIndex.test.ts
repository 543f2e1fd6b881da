import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userTag } from '../../nodes/shared/core/freshness/invalidation';
import { partitionIdOf } from '../../nodes/shared/core/semantic/partition';
import type { Embedder } from '../../nodes/shared/ports/Embedder';
import {
	closeConnections,
	embeddedConnection,
	redisConnection,
	type Connection,
} from '../../nodes/shared/n8n/connections';
import { rebuildIndex } from '../../nodes/shared/services/rebuildIndex';
import { importLines, toLine } from '../../nodes/shared/services/transfer';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { inOtherWords, LONG_LIVED, promptOfRun } from '../support/askedByRun';
import { semanticEngine, type SemanticEngine } from '../support/semanticEngine';
import { fetchedServers, redisSettings } from './backends';

type Opened = { connection: Connection; close(): Promise<void> };

async function overSqlite(): Promise<Opened> {
	const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-rebuild-'));
	const close = async () => rmSync(folder, { recursive: true, force: true });
	return { connection: embeddedConnection(folder), close };
}

async function overRedis(launcher?: string[]): Promise<Opened> {
	const server = await startRedis({ launcher });
	const credential = { ...redisSettings(server.port), keyPrefix: 'pc:', encryptionKeys: '' };
	return { connection: redisConnection(credential), close: () => server.close() };
}

const { redis8 } = fetchedServers();
const places: Array<[string, () => Promise<Opened>]> = [
	['SQLite', overSqlite],
	['a Redis list', () => overRedis()],
];
if (redis8.found) places.push(['Redis 8 Vector Sets', () => overRedis(redis8.launcher)]);
else console.warn(`Redis Vector Sets are not tested: ${redis8.reason}`);

const PROMPTS = Array.from({ length: 40 }, (_, index) => promptOfRun(index * 3));
const MODELS = ['one', 'two'];
const answerTo = (prompt: string, model: string) => `${model} on: ${prompt}`;

afterAll(() => closeConnections());

describe.each(places)('the semantic index over %s, rebuilt from its entries', (_name, start) => {
	const opened: Opened[] = [];
	let engine: SemanticEngine;

	async function open(): Promise<SemanticEngine> {
		const one = await start();
		opened.push(one);
		return await semanticEngine(one.connection);
	}

	/** What each prompt finds in other words: an answer, or nothing. */
	const answers = async ({ ask }: SemanticEngine) =>
		await Promise.all(
			MODELS.flatMap((model) =>
				[...PROMPTS, 'Explain the history of bread on Mars'].map(async (prompt) => {
					const found = await ask(inOtherWords(prompt), model);
					return found.hit ? found.entry.response : undefined;
				}),
			),
		);

	const loseIndex = async ({ deps, question }: SemanticEngine) => {
		for (const model of MODELS) {
			const { partitionId: id } = question('anything', model);
			await deps.index.clear({ namespace: 'default', id });
		}
	};

	const rebuild = ({ deps }: SemanticEngine) => rebuildIndex(undefined, [], deps);

	beforeAll(async () => {
		engine = await open();
		for (const model of MODELS) {
			for (const prompt of PROMPTS) {
				await engine.store(prompt, model, answerTo(prompt, model), LONG_LIVED);
			}
		}
	});
	afterAll(async () => {
		for (const { close } of opened) await close();
	});

	it('gives the same answers as before', async () => {
		const before = await answers(engine);
		expect(before.filter((answer) => answer !== undefined)).toHaveLength(
			PROMPTS.length * MODELS.length,
		);
		await loseIndex(engine);
		expect(new Set(await answers(engine))).toEqual(new Set([undefined]));
		expect(await rebuild(engine)).toEqual({ indexed: 80, partitions: 2, skipped: 0 });
		expect(await answers(engine)).toEqual(before);
	});

	it('gives the same answers where the entries were imported', async () => {
		const lines: string[] = [];
		const { store } = engine.deps;
		await store.run(async (live) => {
			for await (const entry of live.entries()) lines.push(toLine(entry));
		}, 10_000);
		const other = await open();
		const envelope = { compressAboveBytes: 4096, encryptionKeys: [] };
		await importLines(lines, 0, other.deps.store, envelope);
		expect(new Set(await answers(other))).toEqual(new Set([undefined]));
		await rebuild(other);
		expect(await answers(other)).toEqual(await answers(engine));
	});

	it('finds by another embedder what was stored under the first', async () => {
		const { deps, question } = engine;
		const letters: Embedder = {
			id: 'letters',
			embed: async (texts) =>
				texts.map((text) => {
					const counts = Array.from(
						'abcdefghijklmnopqrstuvwxyz',
						(letter) => text.split(letter).length,
					);
					return Float32Array.from(counts, (count) => count / Math.hypot(...counts));
				}),
		};
		await rebuildIndex('default', [], { ...deps, embedder: letters });
		const [first] = PROMPTS;
		const [vector] = await letters.embed([first!]);
		const { frameId } = question(first!, 'one');
		const where = { namespace: 'default', id: partitionIdOf(frameId, letters.id) };
		const [nearest] = await deps.index.nearest(where, vector!, 1);
		expect(nearest).toMatchObject({ prompt: first });
		expect(await answers(engine)).toContain(answerTo(first!, 'one'));
	});

	it('holds nothing that was invalidated or has expired, and such is not served before either', async () => {
		const { store, ask, deps } = engine;
		const [gone, old] = [
			'Explain the history of rope in Peru',
			'Explain the history of ships in Malta',
		];
		await store(gone, 'three', 'gone', { ...LONG_LIVED, tags: ['rope'] });
		await store(old, 'three', 'old', { ttlMs: 1, graceMs: 0 });
		expect(await ask(inOtherWords(gone), 'three')).toMatchObject({ hit: true });
		await deps.store.run(
			(live) => live.invalidate('default', { by: 'tag', tag: userTag('rope') }),
			5_000,
		);
		await expectNone();
		await rebuild(engine);
		await expectNone();

		async function expectNone(): Promise<void> {
			for (const prompt of [gone, old, inOtherWords(gone), inOtherWords(old)]) {
				expect(await ask(prompt, 'three')).toMatchObject({ hit: false });
			}
		}
	});
});
