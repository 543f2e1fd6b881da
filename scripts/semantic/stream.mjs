/**
 * A stream of requests with known answers, to test the `verified` policy: families of prompts (a
 * prompt, its rewordings, its near misses) are asked again and again, by Zipf, in new spellings.
 * The answer of a prompt is its class of labelled duplicates.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { repoRoot } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));
const { emptyVerifiedState, learnOutcome, decideVerified } = built('core/semantic/verified');
const { wilson95 } = built('core/semantic/interval');
const { embedText } = built('core/semantic/pooling');
const { cosine } = built('core/semantic/cosine');

const REQUESTS = 12_000;
const FAMILIES = 250;

function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 4294967296;
	};
}

/** Families: texts with the number of their answer. Weak labels (same FAQ entry) are left out. */
function families(rows, random) {
	const parent = new Map();
	const find = (text) => {
		while (parent.has(text) && parent.get(text) !== text) text = parent.get(text);
		return text;
	};
	const used = rows.filter((row) => row.kind !== 'intent' && row.a.length < 400);
	for (const { a, b, duplicate } of used) if (duplicate) parent.set(find(b), find(a));
	const members = new Map();
	for (const { a, b } of used)
		for (const text of [a, b]) {
			const root = find(text);
			if (!members.has(root)) members.set(root, new Set());
			members.get(root).add(text);
		}
	const near = new Map();
	for (const { a, b, duplicate } of used) {
		if (duplicate || find(a) === find(b)) continue;
		const root = find(a);
		near.set(root, [...(near.get(root) ?? []), ...members.get(find(b))].slice(0, 4));
	}
	const roots = [...near.keys()].map((root) => [random(), root]).sort((x, y) => x[0] - y[0]);
	return roots.slice(0, FAMILIES).map(([, root]) => {
		const same = [...members.get(root)].slice(0, 4);
		return [...same, ...same, ...near.get(root)].map((text) => ({ text, answer: find(text) }));
	});
}

const SPELLINGS = [
	(text) => text,
	(text) => text.toLowerCase(),
	(text) => `Hello, ${text}`,
	(text) => `${text.replace(/[?.!]+$/, '')}. Thanks!`,
	(text) => text.replace(/(\p{L})(\p{L})(\p{L}{3,})/u, '$2$1$3'),
	(text) => text.replace(/[,;:]/g, ''),
	(text) => text.normalize('NFD').replace(/\p{M}/gu, ''),
];

/** The requests in order: `{ text, answer }`. */
export function requestStream(rows, seed = 11) {
	const random = generator(seed);
	const all = families(rows, random);
	const weights = all.map((_, rank) => 1 / (rank + 3));
	const total = weights.reduce((a, b) => a + b, 0);
	return Array.from({ length: REQUESTS }, () => {
		let at = random() * total;
		let rank = 0;
		while (rank < weights.length - 1 && (at -= weights[rank]) > 0) rank++;
		const { text, answer } = all[rank][Math.floor(random() * all[rank].length)];
		return { text: SPELLINGS[Math.floor(random() * SPELLINGS.length)](text), answer };
	});
}

/** Nearest stored prompt and its cosine; the table is the built-in embedder's. */
function createIndex(table) {
	const entries = [];
	return {
		add: (text, answer) =>
			entries.push({ text, answer, vector: embedText(text, table), state: emptyVerifiedState() }),
		nearest(text) {
			const vector = embedText(text, table);
			let best = null;
			let similarity = -1;
			for (const entry of entries) {
				const near = cosine(vector, entry.vector);
				if (near > similarity) {
					similarity = near;
					best = entry;
				}
			}
			return { best, similarity };
		},
	};
}

/**
 * Plays the stream. `judge(stored, asked, similarity)` gives the evidence (0-1) for one answer, or
 * null where a guard objects; `serve(entry, evidence, right)` whether to serve. Every other request is
 * answered by the model, and stored where its answer is new. Requests seen literally before are the exact
 * cache's and not counted.
 */
function play(stream, table, judge, serve) {
	const index = createIndex(table);
	const seen = new Set();
	const result = { lookups: 0, hits: 0, wrong: 0 };
	for (const { text, answer } of stream) {
		if (seen.has(text)) continue;
		seen.add(text);
		result.lookups++;
		const { best, similarity } = index.nearest(text);
		const evidence = best === null ? null : judge(best.text, text, similarity);
		const right = best?.answer === answer;
		if (evidence !== null && serve(best, evidence, right)) {
			result.hits++;
			if (!right) result.wrong++;
		} else if (!right) index.add(text, answer);
	}
	return {
		...result,
		hitRate: result.hits / result.lookups,
		error: wilson95(result.wrong, result.lookups),
	};
}

export function playVerified(stream, table, judge, maxErrorRate, seed = 5) {
	const random = generator(seed);
	let shared = emptyVerifiedState();
	return play(stream, table, judge, (entry, evidence, right) => {
		const { action } = decideVerified(entry.state, shared, evidence, maxErrorRate, random());
		if (action === 'serve') return true;
		entry.state = learnOutcome(entry.state, evidence, right);
		shared = learnOutcome(shared, evidence, right);
		return false;
	});
}

export function playThreshold(stream, table, judge, threshold) {
	return play(stream, table, judge, (_, evidence) => evidence >= threshold);
}
