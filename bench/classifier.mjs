/**
 * `npm run bench -- classifier`: how long a decision takes by prompt length, how long the tables take
 * to load, and what they hold in memory. Prompts are made of the written phrases and filler text.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { repoRoot } from '../scripts/lib/paths.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));

globalThis.gc?.();
const before = process.memoryUsage();
const loadStart = performance.now();
const { classifyPrompt } = built('core/classify/classifyPrompt');
const { loadClassifier } = built('drivers/tables/classifierWeights');
const classifier = loadClassifier();
const loadMs = performance.now() - loadStart;
const firstStart = performance.now();
classifyPrompt(classifier, 'Summarize the text below.');
const firstMs = performance.now() - firstStart;

const FILLER = [
	'The committee met on 12 March 2021 in Lisbon and agreed to raise the budget by 4.5 percent.',
	'Le chantier, ouvert au printemps, devait finir en juin mais les travaux ont pris du retard.',
	'function total(items) { return items.reduce((sum, item) => sum + item.price * item.qty, 0); }',
	'If the order is late, the customer may cancel it unless it has left the warehouse; then call us.',
];
const ASKED = [
	'Summarize the following text in three bullet points:',
	'Traduis ce texte en anglais, sans commentaire :',
	'Find the bug in this code and explain it step by step.',
	'Analyse the argument below, list its assumptions and decide which side is more convincing.',
];

function promptOf(chars, seed) {
	let text = `${ASKED[seed % ASKED.length]}\n\n`;
	for (let i = seed; text.length < chars; i++) {
		text += `${FILLER[(i * 7) % FILLER.length]}${i % 5 === 0 ? '\n' : ' '}`;
	}
	return text.slice(0, chars);
}

function measure(chars, runs) {
	const prompts = Array.from({ length: 64 }, (_, i) => promptOf(chars, i));
	for (let i = 0; i < 3000; i++) classifyPrompt(classifier, prompts[i % 64]);
	const cpuStart = process.cpuUsage();
	const micros = Array.from({ length: runs }, (_, i) => {
		const start = process.hrtime.bigint();
		classifyPrompt(classifier, prompts[i % 64]);
		return Number(process.hrtime.bigint() - start) / 1000;
	}).sort((a, b) => a - b);
	const { user, system } = process.cpuUsage(cpuStart);
	const at = (share) => micros[Math.floor(micros.length * share)].toFixed(0);
	return `| ${chars} | ${at(0.5)} | ${at(0.95)} | ${at(0.99)} | ${((user + system) / runs).toFixed(0)} |`;
}

globalThis.gc?.();
const after = process.memoryUsage();
const held = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 1e6;
const lines = [
	'| characters | p50 µs | p95 µs | p99 µs | mean CPU µs |',
	'|---|---|---|---|---|',
	...[100, 500, 2000, 20_000, 200_000].map((chars) =>
		measure(chars, chars > 50_000 ? 2000 : 20_000),
	),
	'',
	`tables loaded in ${loadMs.toFixed(1)} ms, first decision ${firstMs.toFixed(1)} ms, ${held.toFixed(1)} MB held`,
];
process.stdout.write(`${lines.join('\n')}\n`);
