/**
 * Trains the pair model (nodes/shared/data/pair-model.json) on the labelled pairs.
 * The cutoff is chosen on scores of pairs whose source was held out.
 *
 *   node scripts/run.mjs train-pair-model [data folder]
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { repoRoot } from './lib/paths.mjs';
import {
	chooseCutoff,
	dataFolder,
	examine,
	fit,
	readPairs,
	scoreHeldOut,
	semantic,
	undecided,
} from './semantic/pairs.mjs';

const tables = semantic.loadWordTables();
const open = examine(readPairs(dataFolder(process.argv[2])), tables).filter(undecided);
scoreHeldOut(open);
const cutoff = chooseCutoff(open);
const model = { features: semantic.FEATURE_NAMES, cutoff, ...fit(open) };
writeFileSync(
	path.join(repoRoot, 'nodes', 'shared', 'data', 'pair-model.json'),
	`${JSON.stringify(model)}\n`,
);
process.stderr.write(`${open.length} pairs, cutoff ${cutoff}\n`);
