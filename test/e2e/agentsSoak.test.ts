import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/freePort.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { aiWorkflow, ROOTS, THINK_TOOL } from '../support/aiWorkflows';
import type { Inspector } from '../../scripts/lib/inspector.mjs';
import { openInspector } from '../../scripts/lib/inspector.mjs';
import type { TestN8n } from '../support/n8n';
import { backend, references, startTestN8n } from '../support/n8n';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';

const EXECUTIONS = 1000;
const AT_ONCE = 4;
/** A leak would hold a model, its messages and its run data: tens of kilobytes an execution. */
const MOST_BYTES_EACH = 12_000;

let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;
let inspector: Inspector;

beforeAll(async () => {
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	const port = await freePort();
	const held = [
		{
			id: stableId('soak openAi'),
			name: 'Test openAi',
			type: 'openAiApi',
			data: { apiKey: 'stand-in', url: `${standIn.url}/v1` },
		},
		...(redis
			? [
					{
						id: stableId('soak redis'),
						name: 'Test Redis',
						type: 'promptCacheRedisApi',
						data: { host: '127.0.0.1', port: redis.port, database: 0 },
					},
				]
			: []),
	];
	n8n = await startTestN8n({
		credentials: held,
		env: {
			NODE_OPTIONS: `--inspect=127.0.0.1:${port}`,
			EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
		},
		workflows: [
			aiWorkflow({
				route: 'soak',
				root: ROOTS.agent,
				model: 'openai chat',
				cache: { turns: 'all' },
				parts: [THINK_TOOL],
				credentials: references(held),
				backend,
			}),
		],
	});
	inspector = await openInspector(port);
}, 180_000);

afterAll(async () => {
	inspector?.close();
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

/** Agents with a tool, of which one in five is new. */
async function run(executions: number, name: string): Promise<void> {
	let next = 0;
	const one = async () => {
		for (let number = next++; number < executions; number = next++) {
			const about = number % 5 === 0 ? `${name} ${number}` : `known ${number % 7}`;
			const { status } = await n8n.post('soak', { text: `Please use tool about ${about}` });
			expect(status).toBe(200);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, one));
}

describe(`${EXECUTIONS} executions of an agent with a Cached Chat Model, backend ${backend}`, () => {
	it('leave no client, no timer and no growing memory behind', async () => {
		await run(200, 'warm-up');
		await sleep(3_000);
		const before = await inspector.look();
		await run(EXECUTIONS, 'measured');
		await sleep(3_000);
		const after = await inspector.look();
		const grownBytes = after.heapBytes - before.heapBytes;
		process.stderr.write(
			`${JSON.stringify({ backend, before, after, bytesEach: Math.round(grownBytes / EXECUTIONS) })}\n`,
		);
		// Sockets to the stand-in and from this test stay open between requests.
		const grown = Object.entries(after.resources).filter(
			([kind, count]) => count - (before.resources[kind] ?? 0) > AT_ONCE,
		);
		expect(grown).toEqual([]);
		expect(grownBytes / EXECUTIONS).toBeLessThan(MOST_BYTES_EACH);
	}, 900_000);
});
