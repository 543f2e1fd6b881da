/** Reads the labelled pairs and examines them with the built package. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repoRoot } from '../lib/paths.mjs';
import { predict, train } from './boosting.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));

export const semantic = {
	...built('core/semantic/sameAnswer'),
	...built('core/semantic/pairFeatures'),
	...built('core/guards/allGuards'),
	...built('drivers/tables/embeddingTable'),
};

/** `argument`, else PROMPT_CACHE_DATA, else the folder beside the checkout. */
export function dataFolder(argument) {
	return path.resolve(
		argument ?? process.env.PROMPT_CACHE_DATA ?? path.join(repoRoot, '..', 'shared', 'data'),
	);
}

/** The rows of semantic.dev.jsonl.gz, or an error that names the folder. */
export function readPairs(folder) {
	const file = path.join(folder, 'semantic.dev.jsonl.gz');
	if (!existsSync(file))
		throw new Error(
			`${file} is not there: give the data folder as argument or by PROMPT_CACHE_DATA`,
		);
	return gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').map(JSON.parse);
}

/**
 * What is held out together: a source; PAWS-X, which makes most of the hard pairs, in four parts, its
 * languages being translations of one another by the texts' numbers and capitals.
 */
export function groupOf(row) {
	if (row.source !== 'paws-x') return row.source;
	const trace = (row.a.match(/\d+/g) ?? []).join() || row.id;
	return `paws-x ${createHash('sha256').update(trace).digest()[0] % 4}`;
}

/** Adds the examination of each pair. */
export function examine(rows, tables) {
	return rows.map((row) => ({ ...row, ...semantic.examinePair(row.a, row.b, tables) }));
}

/** Pairs that no guard refuses and that are not the same words: those the pair model decides. */
export const undecided = (row) => row.objections.length === 0 && row.likeness === 'other';

/** The pair model of these rows. */
export const fit = (rows) =>
	train(
		rows.map((row) => row.features),
		rows.map((row) => (row.duplicate ? 1 : 0)),
	);

/** Gives each row the score of a model that has not seen its source. */
export function scoreHeldOut(rows) {
	const groups = rows.map(groupOf);
	for (const group of new Set(groups)) {
		const model = fit(rows.filter((_, k) => groups[k] !== group));
		rows.forEach((row, k) => {
			if (groups[k] === group) row.score = predict(model, row.features);
		});
	}
}

/** Wanted among paraphrases alone; prompts of the same words are nearly always right. */
const WANTED_PRECISION = 0.955;

/** The lowest score at which held-out paraphrases are right often enough. */
export function chooseCutoff(rows) {
	let hits = 0;
	let right = 0;
	let cutoff = 0.99;
	for (const row of [...rows].sort((x, y) => y.score - x.score)) {
		hits++;
		if (row.duplicate) right++;
		if (right / hits >= WANTED_PRECISION) cutoff = Math.ceil(row.score * 1000) / 1000;
	}
	return cutoff;
}
