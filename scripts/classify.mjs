/**
 * `npm run -s classify`: NDJSON {id, text} in, {id, type, tier, difficulty, confidence, language,
 * reasons, micros} out, in the same order. An optional `costQuality` of a line moves its slider.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { repoRoot } from './lib/paths.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));
const { classifyPrompt } = built('core/classify/classifyPrompt');
const { loadClassifier } = built('drivers/tables/classifierWeights');

const classifier = loadClassifier();
// The first calls of a process compile code: they would be all that `micros` shows on a short input.
for (let i = 0; i < 200; i++)
	classifyPrompt(classifier, `Summarize the text: ${'warm up '.repeat(i)}`);

const round = (value) => Number(value.toFixed(4));

function answer(line) {
	let id = null;
	let text = '';
	let costQuality;
	try {
		const row = JSON.parse(line);
		id = row.id ?? null;
		if (typeof row.text === 'string') text = row.text;
		costQuality = row.costQuality;
	} catch (error) {
		process.stderr.write(`classify: a line is not JSON: ${error.message}\n`);
	}
	const start = process.hrtime.bigint();
	const { difficulty, confidence, ...decision } = classifyPrompt(classifier, text, { costQuality });
	const micros = Number(process.hrtime.bigint() - start) / 1000;
	const { type, tier, language, reasons } = decision;
	const [hard, sure] = [round(difficulty), round(confidence)];
	return {
		id,
		type,
		tier,
		difficulty: hard,
		confidence: sure,
		language,
		reasons,
		micros: round(micros),
	};
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
	if (line.trim() === '') continue;
	const text = `${JSON.stringify(answer(line))}\n`;
	if (!process.stdout.write(text))
		await new Promise((resolve) => process.stdout.once('drain', resolve));
}
