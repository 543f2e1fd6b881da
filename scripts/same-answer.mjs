/**
 * `npm run -s same-answer`: NDJSON {id, a, b} in, {id, hit, similarity, reasons} out, in the same
 * order: would b be served the answer stored for a, with the guarded policy and the built-in embedder?
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { repoRoot } from './lib/paths.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));
const { sameAnswer } = built('core/semantic/sameAnswer');
const { loadSemanticTables } = built('drivers/tables/embeddingTable');

const tables = loadSemanticTables();

function answer(line) {
	let id = null;
	try {
		const row = JSON.parse(line);
		id = row.id ?? null;
		for (const name of ['a', 'b'])
			if (typeof row[name] !== 'string') throw new Error(`"${name}" must be a string`);
		const { hit, similarity, reasons } = sameAnswer(row.a, row.b, tables);
		return { id, hit, similarity: Number(similarity.toFixed(4)), reasons };
	} catch (error) {
		return { id, hit: false, similarity: 0, reasons: [`not compared: ${error.message}`] };
	}
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
	if (line.trim() === '') continue;
	const text = `${JSON.stringify(answer(line))}\n`;
	if (!process.stdout.write(text))
		await new Promise((resolve) => process.stdout.once('drain', resolve));
}
