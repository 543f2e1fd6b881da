import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import type { CallersTask } from '../support/callers';
import type { OpenerTask } from '../support/opener';
import { runProcess } from '../support/processes';

/** Time for a process to start and load what it needs. */
const START_MS = 2_500;

describe('several processes on one cache', () => {
	const asked: string[] = [];
	let provider: Server;
	let folder: string;
	let redis: RedisServer;
	beforeAll(async () => {
		provider = createServer((request, response) => {
			const question = new URL(request.url!, 'http://x').searchParams.get('q')!;
			asked.push(question);
			setTimeout(() => response.end(`answer to ${question}`), 150);
		});
		await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
		folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
		redis = await startRedis();
	});
	afterAll(async () => {
		provider.closeAllConnections();
		provider.close();
		await redis.close();
		rmSync(folder, { recursive: true, force: true });
	});

	function run(
		processes: number,
		task: Pick<CallersTask, 'questions' | 'callers' | 'address'>,
	): Promise<string[][]> {
		const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
		const whole: CallersTask = { ...task, provider: url, startAtMs: Date.now() + START_MS };
		return Promise.all(
			Array.from({ length: processes }, () => runProcess<string[]>('callers.ts', whole)),
		);
	}

	it.each(['SQLite', 'Redis'])(
		'asks the provider once for 50 equal misses at once in two processes, over %s',
		async (name) => {
			const address =
				name === 'Redis' ? { port: redis.port } : { path: join(folder, 'flight.sqlite') };
			const question = `single-flight over ${name}`;
			const answers = (await run(2, { address, questions: [question], callers: 25 })).flat();
			expect(answers).toEqual(Array(50).fill(`answer to ${question}`));
			expect(asked.filter((one) => one === question)).toHaveLength(1);
		},
	);

	it('loses and mixes up no answer when four processes use one SQLite file', async () => {
		const questions = Array.from({ length: 150 }, (_, index) => `shared ${index}`);
		const address = { path: join(folder, 'four.sqlite') };
		const all = await run(4, { address, questions, callers: 1 });
		for (const answers of all) {
			expect(answers).toEqual(questions.map((question) => `answer to ${question}`));
		}
		const calls = asked.filter((one) => one.startsWith('shared'));
		expect(calls).toHaveLength(new Set(calls).size);
	});

	it.each([
		['new', '', 0],
		['damaged', 'this is no database'.repeat(1_000), 1],
	])(
		'opens one file where four processes meet a %s one at the same moment',
		async (kind, content, times) => {
			const paths = Array.from({ length: 60 }, (_, index) =>
				join(folder, `${kind}-${index}.sqlite`),
			);
			for (const path of paths) writeFileSync(path, content);
			const task: OpenerTask = { paths, startAtMs: Date.now() + START_MS, stepMs: 20 };
			const setAside = await Promise.all(
				Array.from({ length: 4 }, () => runProcess<string[]>('opener.ts', task)),
			);
			const each = paths.map((path) => setAside.flat().filter((one) => one === path).length);
			expect(each).toEqual(paths.map(() => times));
		},
	);
});
