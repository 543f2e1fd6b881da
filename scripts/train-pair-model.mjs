/**
 * Trains the pair model (nodes/shared/data/pair-model.json) on the labelled pairs.
 * The cutoff is chosen on scores of pairs whose source was held out.
 *
 *   node scripts/run.mjs train-pair-model [data folder]
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { repoRoot } from './lib/paths.mjs';
import { predict, train } from './semantic/boosting.mjs';
import { dataFolder, examine, groupOf, readPairs, semantic, undecided } from './semantic/pairs.mjs';

const WANTED_PRECISION = 0.995;

const tables = semantic.loadWordTables();
const rows = examine(readPairs(dataFolder(process.argv[2])), tables);
const open = rows.filter(undecided);
const fit = (part) =>
	train(
		part.map((row) => row.features),
		part.map((row) => (row.duplicate ? 1 : 0)),
	);

for (const group of new Set(open.map(groupOf))) {
	const model = fit(open.filter((row) => groupOf(row) !== group));
	for (const row of open) if (groupOf(row) === group) row.score = predict(model, row.features);
}

const sure = rows.filter((row) => row.objections.length === 0 && row.sameWords);
let hits = sure.length;
let right = sure.filter((row) => row.duplicate).length;
let cutoff = 0.99;
for (const row of [...open].sort((x, y) => y.score - x.score)) {
	hits++;
	if (row.duplicate) right++;
	if (right / hits >= WANTED_PRECISION) cutoff = Math.ceil(row.score * 1000) / 1000;
}
const model = { features: semantic.FEATURE_NAMES, cutoff, ...fit(open) };
writeFileSync(
	path.join(repoRoot, 'nodes', 'shared', 'data', 'pair-model.json'),
	`${JSON.stringify(model)}\n`,
);
process.stderr.write(`${open.length} pairs, cutoff ${cutoff}\n`);
