/**
 * `npm run bench -- cost`: operation Record of the Cost Tracker over 10,000 items, and a report over
 * 1,000,000 calls, on SQLite and on Redis. Medians of the time and, for busy machines, of this process's
 * CPU time; the aims are under 1 s and under 200 ms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../scripts/lib/redisServer.mjs';

const require = createRequire(import.meta.url);
const dist = '../dist/nodes';
const { CostTracker } = require(`${dist}/CostTracker/CostTracker.node.js`);
const connections = require(`${dist}/shared/n8n/connections.js`);
const { openLedger } = require(`${dist}/shared/n8n/openLedger.js`);
const { reportOf } = require(`${dist}/shared/services/report.js`);
const { reportPage } = require(`${dist}/shared/core/report/page.js`);

const items = 10_000;
const days = 90;
const callsPerDay = Math.ceil(1_000_000 / days);
const rounds = 5;
const dayMs = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-bench-'));
const redis = await startRedis();
const credential = {
	mode: 'standalone',
	host: '127.0.0.1',
	port: redis.port,
	user: '',
	password: '',
	database: 0,
	keyPrefix: 'bench:',
	encryptionKeys: '',
	tls: false,
};

const replies = [
	(n) => ({
		id: `chatcmpl-${n}`,
		object: 'chat.completion',
		model: 'gpt-4o-mini',
		choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
		usage: {
			prompt_tokens: 1000 + (n % 500),
			completion_tokens: 100,
			total_tokens: 1100 + (n % 500),
			prompt_tokens_details: { cached_tokens: 512 },
		},
	}),
	(n) => ({
		id: `msg_${n}`,
		type: 'message',
		role: 'assistant',
		model: 'claude-sonnet-4-5-20250929',
		content: [{ type: 'text', text: 'Hi' }],
		stop_reason: 'end_turn',
		usage: { input_tokens: 50, cache_read_input_tokens: 2000, output_tokens: 100 },
	}),
	(n) => ({ model: 'llama3.2', done: true, prompt_eval_count: 100, eval_count: n % 300 }),
];

let execution = 0;
function context(backend) {
	execution += 1;
	const id = `bench-${execution}`;
	const input = Array.from({ length: items }, (_, n) => ({ json: replies[n % 3](n) }));
	const parameters = {
		operation: 'record',
		backend,
		tags: 'bench, web',
		namespace: 'acme',
		options: {},
	};
	return {
		getNode: () => ({ name: 'Cost Tracker', parameters }),
		getInputData: () => input,
		getNodeParameter: (name, _index, fallback) =>
			name in parameters ? parameters[name] : fallback,
		continueOnFail: () => false,
		getCredentials: async () => credential,
		getParentNodes: () => [],
		getWorkflow: () => ({ name: 'Bench' }),
		getExecutionId: () => id,
		getWorkflowDataProxy: () => ({ $runIndex: 0 }),
		logger: { warn: (text) => process.stderr.write(`${text}\n`) },
		helpers: { getStoragePath: () => join(folder, 'node') },
	};
}

const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function median(work) {
	const [times, cpu] = [[], []];
	for (let round = 0; round < rounds; round += 1) {
		const [since, used] = [performance.now(), process.cpuUsage()];
		await work();
		times.push(performance.now() - since);
		const { user, system } = process.cpuUsage(used);
		cpu.push((user + system) / 1000);
	}
	return { ms: middle(times), cpuMs: middle(cpu) };
}

/** A million calls in rows of 3 models, 4 workflows, 3 namespaces and 2 tag sets a day. */
async function fill(ledger, nowMs) {
	for (let day = 0; day < days; day += 1) {
		const atMs = nowMs - day * dayMs;
		for (let done = 0; done < callsPerDay; done += 2_000) {
			const count = Math.min(2_000, callsPerDay - done);
			await ledger.record(
				Array.from({ length: count }, (_, n) => ({
					id: `fill-${day}-${done + n}`,
					atMs,
					kind: n % 3 === 0 ? 'hit' : 'call',
					provider: 'openai',
					model: ['gpt-4o', 'gpt-4o-mini', 'gpt-5-mini'][n % 3],
					workflow: `Workflow ${n % 4}`,
					namespace: `team-${n % 5}`,
					tags: n % 2 ? ['web'] : ['mail', 'vip'],
					prompt: '',
					costNanoUsd: n % 3 === 0 ? 0 : 350_000,
					avoidedNanoUsd: n % 3 === 0 ? 350_000 : null,
					overheadNanoUsd: 0,
					providerSavedNanoUsd: 10,
					inputTokens: 1000,
					cacheReadTokens: 500,
					cacheWriteTokens: 0,
					outputTokens: 100,
					latencyMs: 5 + (n % 2000),
					savedLatencyMs: 100,
					settles: [],
				})),
			);
		}
	}
}

const line = (name, { ms, cpuMs }, aim) =>
	process.stdout.write(
		`${name.padEnd(46)} ${ms.toFixed(0).padStart(6)} ms, CPU ${cpuMs.toFixed(0)} ms  (aim: under ${aim} ms)\n`,
	);

const tracker = new CostTracker();
for (const backend of ['embedded', 'redis']) {
	const label = backend === 'embedded' ? 'SQLite' : 'Redis';
	await tracker.execute.call(context(backend));
	line(
		`record ${items.toLocaleString('en')} items, ${label}`,
		await median(() => tracker.execute.call(context(backend))),
		1000,
	);

	const connection =
		backend === 'embedded'
			? connections.embeddedConnection(join(folder, 'million'))
			: connections.redisConnection({ ...credential, keyPrefix: 'million:' });
	const ledger = openLedger(connection);
	const nowMs = Date.now();
	await fill(ledger, nowMs);
	const currency = { currency: 'USD', perUsd: 1, date: '' };
	let totals;
	const taken = await median(async () => {
		const { report } = await reportOf(ledger, { days, nowMs });
		({ totals } = report);
		reportPage(report, { title: 'Bench', currency, nowMs, evictions: 0, advice: [] });
	});
	const booked = (totals.calls + totals.hits).toLocaleString('en');
	line(`report and page over ${booked} calls, ${label}`, taken, 200);
}

connections.closeConnections();
await redis.close();
rmSync(folder, { recursive: true, force: true });
