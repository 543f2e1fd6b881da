// Reads the labelled prompts and splits them by where they come from.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repoRoot } from '../lib/paths.mjs';
import { expandPhrases, LANGUAGES } from './phrases.mjs';

const require = createRequire(import.meta.url);
const built = (name) =>
	require(path.join(repoRoot, 'dist', 'nodes', 'shared', 'core', 'classify', `${name}.js`));

export const { TASK_TYPES, LEARNED_TYPE_COUNT, SMALL_TYPE_COUNT } = built('taskTypes');
export const LABELS = TASK_TYPES.slice(0, LEARNED_TYPE_COUNT);
const { compileLexicon } = built('lexicon');
const { normalizePrompt } = built('normalize');
const { segmentPrompt } = built('segment');
const { readStructure } = built('structure');
const { createFeatureVector, readFeatures } = built('features');
export const { BUCKET_BITS, NAMESPACES } = built('features');
export const { runModel, readModel, writeModel } = built('model');
export const { readDifficultySignals, scoreDifficulty, DIFFICULTY_WEIGHTS } = built('difficulty');

export const DATA_FILES = path.join(repoRoot, 'nodes', 'shared', 'data');
export const lexicon = compileLexicon(
	readFileSync(path.join(DATA_FILES, 'classifier.lexicon.txt'), 'utf8'),
);

/** The folder of the labelled prompts: argument, PROMPT_CACHE_DATA, or beside the repository. */
export function dataFolder(argument) {
	const folder =
		argument ?? process.env.PROMPT_CACHE_DATA ?? path.join(repoRoot, '..', 'shared', 'data');
	const file = path.join(folder, 'classifier.dev.jsonl.gz');
	if (!existsSync(file)) {
		throw new Error(
			`No labelled prompts at ${file}: give the folder as argument or in PROMPT_CACHE_DATA`,
		);
	}
	return folder;
}

/** The labelled prompts. */
export function readRows(folder) {
	const file = gunzipSync(readFileSync(path.join(folder, 'classifier.dev.jsonl.gz')));
	return file
		.toString('utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
}

/** A sparse feature vector of its own, with the parts and the structure it was made of. */
export function examine(text) {
	const prompt = normalizePrompt(text);
	const parts = segmentPrompt(lexicon, prompt);
	const structure = readStructure(prompt, parts);
	const vector = createFeatureVector();
	readFeatures(parts, structure, vector);
	return {
		indices: vector.indices.slice(0, vector.length),
		values: vector.values.slice(0, vector.length),
		starts: vector.starts.slice(),
		length: vector.length,
		signals: readDifficultySignals(lexicon, parts, structure),
	};
}

/**
 * What must not stand on both sides of a split: the whole source, or, in collections of many tasks
 * and templates, the task or the template in all its languages.
 */
export function sourceKey({ source, group }) {
	const [collection, part = ''] = source.split(':');
	if (collection === 'natural-instructions') return `${collection}:${part}`;
	if (collection === 'p3') return `${collection}:${part.split('_')[0]}`;
	if (collection === 'template') return group.replace(/:(en|fr|de|es):/, ':');
	if (part === 'template-translation') return group;
	if (collection === 'big-bench-hard')
		return `${collection}:${part.split('_').slice(0, 2).join('_')}`;
	if (collection === 'mgsm') return 'gsm8k';
	return collection;
}

/** Deals the keys into folds of about equal size; the same rows always give the same folds. */
export function dealFolds(rows, folds) {
	const sizes = new Map();
	for (const row of rows) sizes.set(sourceKey(row), (sizes.get(sourceKey(row)) ?? 0) + 1);
	const keys = [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
	const load = new Array(folds).fill(0);
	const foldOf = new Map();
	for (const [key, size] of keys) {
		const least = load.indexOf(Math.min(...load));
		load[least] += size;
		foldOf.set(key, least);
	}
	return rows.map((row) => foldOf.get(sourceKey(row)));
}

/** Weights so that no source and no label outweighs the others. */
export function balancedWeights(rows) {
	const perKey = new Map();
	const perLabel = new Map();
	for (const row of rows) perKey.set(sourceKey(row), (perKey.get(sourceKey(row)) ?? 0) + 1);
	const weights = rows.map((row) => Math.min(1, Math.sqrt(60 / perKey.get(sourceKey(row)))));
	rows.forEach((row, i) => perLabel.set(row.task, (perLabel.get(row.task) ?? 0) + weights[i]));
	const total = weights.reduce((a, b) => a + b, 0);
	return weights.map((w, i) => (w * total) / LABELS.length / perLabel.get(rows[i].task));
}

/** Texts to paste under the written phrases, taken from what the rows themselves paste. */
function payloadPools(rows) {
	const pools = Object.fromEntries(
		LANGUAGES.map((lang) => [lang, { text: [], sent: [], msg: [] }]),
	);
	const asks =
		/\?|^(summar|give|list|extract|classif|what|who|how|context|write|explain|from|using|based|given|without)/i;
	for (const { text, source, task, lang } of rows) {
		const paragraphs = text.split(/\n+/).filter((p) => p.length < 900 && !/[{}[\]]/.test(p));
		const pasted =
			/^template:(dolly|helloprompt)/.test(source) ||
			(source === 'dolly-15k' && (task === 'extraction' || task === 'summarization'));
		if (pasted) pools[lang].text.push(...paragraphs.filter((p) => p.length > 250 && !asks.test(p)));
		if (/amazon/.test(source)) pools[lang].msg.push(...paragraphs.filter((p) => p.length > 180));
		if (/^template:(ud-gsd|banking77|clinc)/.test(source)) {
			const last = text.slice(text.lastIndexOf('\n') + 1).replace(/^[^:]{0,40}: /, '');
			if (last.length > 25 && last.length < 240) {
				pools[lang][/ud-gsd/.test(source) ? 'sent' : 'msg'].push(last);
			}
		}
	}
	for (const lang of LANGUAGES) if (pools[lang].msg.length < 50) pools[lang].msg = pools[lang].sent;
	return pools;
}

/** The written phrases as training rows; `rows` only give them something to paste. */
export function phraseRows(rows, seed, perLine = 12) {
	return expandPhrases(new URL('./', import.meta.url), payloadPools(rows), seed, perLine);
}
