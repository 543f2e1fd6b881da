/**
 * Speed of the semantic parts: embedding of a 200-word prompt, the nearest of 20,000 entries in process
 * and of 100,000 on Redis 8, the guarded decision, and loading the tables.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchRedisVectors } from './semantic/redisVectors.mjs';

const require = createRequire(import.meta.url);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const built = (name) => require(path.join(root, 'dist', 'nodes', 'shared', `${name}.js`));

const ms = (from) => Number(process.hrtime.bigint() - from) / 1e6;
const print = (name, text) => process.stdout.write(`${name.padEnd(52)}${text}\n`);

function measure(name, rounds, run) {
	for (let k = 0; k < Math.min(rounds, 50); k++) run(k);
	const times = [];
	const cpu = process.cpuUsage();
	for (let k = 0; k < rounds; k++) {
		const from = process.hrtime.bigint();
		run(k);
		times.push(ms(from));
	}
	const { user, system } = process.cpuUsage(cpu);
	times.sort((a, b) => a - b);
	const at = (share) => times[Math.floor((times.length - 1) * share)].toFixed(3);
	const mean = ((user + system) / 1000 / rounds).toFixed(3);
	print(name, `median ${at(0.5)} ms, p99 ${at(0.99)} ms, processor time ${mean} ms each`);
}

const memory = process.memoryUsage();
const from = process.hrtime.bigint();
const tables = built('drivers/tables/embeddingTable').loadSemanticTables();
const loading = ms(from);
const used = process.memoryUsage();
const mb = (bytes) => (bytes / 1024 / 1024).toFixed(1);
print(
	'loading table, word lists and pair model (once)',
	`${loading.toFixed(0)} ms, heap ${mb(used.heapUsed - memory.heapUsed)} MB, outside it ${mb(used.arrayBuffers - memory.arrayBuffers)} MB`,
);

const { embedText } = built('core/semantic/pooling');
const { sameAnswer } = built('core/semantic/sameAnswer');
const { createVectorArray } = built('drivers/memory/vectorIndex');
const WORDS =
	'the customer asks why her invoice of last month shows two different amounts and whether the second one will be refunded before the next billing period begins'.split(
		' ',
	);
const prompt = (count, shift) =>
	Array.from({ length: count }, (_, k) => WORDS[(k * 7 + shift) % WORDS.length]).join(' ');

measure('built-in embedding of 200 words', 500, (k) => embedText(prompt(200, k), tables.embedding));

const ENTRIES = 20_000;
const array = createVectorArray();
let state = 1;
const random = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
for (let entry = 0; entry < ENTRIES; entry++) {
	const vector = new Float32Array(tables.embedding.dims);
	for (let k = 0; k < vector.length; k++) vector[k] = random();
	const length = Math.hypot(...vector);
	array.put({ key: String(entry), prompt: '', vector: vector.map((value) => value / length) });
}
const asked = embedText(prompt(30, 3), tables.embedding);
measure(`nearest 5 of ${ENTRIES} entries, ${tables.embedding.dims} dimensions`, 300, () =>
	array.nearest(asked, 5),
);
measure('guarded decision, 15 words, same request', 1000, (k) =>
	sameAnswer(prompt(15, k), `Hello, ${prompt(15, k)} Thanks!`, tables),
);
measure('guarded decision, 200 words, another request', 200, (k) =>
	sameAnswer(prompt(200, k), prompt(200, k + 3), tables),
);

const ON_REDIS = 100_000;
process.stderr.write('Filling Redis takes some minutes.\n');
print(
	`nearest 5 of ${ON_REDIS} entries on Redis 8 (Vector Sets)`,
	await benchRedisVectors(ON_REDIS, tables.embedding),
);
