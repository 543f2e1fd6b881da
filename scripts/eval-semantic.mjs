/**
 * `npm run eval:semantic [-- data folder] [--vectors FILE] [--write-texts FILE]`: how often the
 * semantic decision hits and how often wrongly, by kind of pair and language, on the labelled pairs.
 * What is learnt (pair model, cutoff) is scored on pairs of sources that were held out.
 */
import { parseArgs } from 'node:util';
import { addFullSimilarity, writeTexts } from './semantic/sentenceVectors.mjs';
import {
	chooseCutoff,
	dataFolder,
	examine,
	readPairs,
	scoreHeldOut,
	semantic,
	undecided,
} from './semantic/pairs.mjs';
import { playThreshold, playVerified, requestStream } from './semantic/stream.mjs';

const { values, positionals } = parseArgs({
	options: { vectors: { type: 'string' }, 'write-texts': { type: 'string' } },
	allowPositionals: true,
});
const ADVERSARIAL = new Set(
	'numeric date unit entity antonym negation temporal role_swap target context_swap cross_lingual numeric_paraphrase logic checklist_vocabulary'.split(
		' ',
	),
);
const print = (line = '') => process.stdout.write(`${line}\n`);
const percent = (share) => `${(share * 100).toFixed(1)} %`;

const pairs = readPairs(dataFolder(positionals[0]));
if (values['write-texts']) {
	process.stderr.write(`${writeTexts(pairs, values['write-texts'])} texts\n`);
	process.exit(0);
}
const tables = semantic.loadWordTables();
const rows = examine(pairs, tables);
const noFull = addFullSimilarity(rows, values.vectors);

/** Beyond the pair model's scores: it is not asked. */
const LIKENESS = { sameWords: 2, sameContent: 1.5 };

/** Scores for the guarded decision: above 1 the same words, under 0 refused, else the pair model's. */
function guardedScores(part, similarity) {
	const open = part.filter(undecided).map((row) => ({
		...row,
		features: [row[similarity], ...row.features.slice(1)],
	}));
	scoreHeldOut(open);
	const scores = new Map(open.map((row) => [row.id, row.score]));
	return {
		cutoff: chooseCutoff(open),
		of: (row) => (row.objections.length > 0 ? -1 : (LIKENESS[row.likeness] ?? scores.get(row.id))),
	};
}

/** Lowest score at which `precision` still holds, over all rows. */
function thresholdFor(part, score, precision) {
	let hits = 0;
	let right = 0;
	let threshold = Number.POSITIVE_INFINITY;
	const sorted = part.map((row) => [score(row), row.duplicate]).sort((x, y) => y[0] - x[0]);
	sorted.forEach(([value, duplicate], at) => {
		hits++;
		if (duplicate) right++;
		if (sorted[at + 1]?.[0] === value) return;
		if (value >= 0 && right / hits >= precision) threshold = value;
	});
	return threshold;
}

function measure(part, serves) {
	const same = part.filter((row) => row.duplicate);
	const other = part.filter((row) => !row.duplicate);
	const hits = same.filter(serves).length;
	const wrong = other.filter(serves).length;
	return {
		same: same.length,
		other: other.length,
		hits,
		wrong,
		recall: hits / Math.max(1, same.length),
		precision: hits / Math.max(1, hits + wrong),
	};
}

const guarded = guardedScores(rows, 'similarity');
const plain = (row) => row.similarity;
const methods = [
	['guarded', (row) => guarded.of(row) >= guarded.cutoff],
	['guards .99', at(guarded.of)],
	['cosine .99', at(plain)],
	['cosine .70', (row) => row.similarity >= 0.7],
	['cosine .80', (row) => row.similarity >= 0.8],
	['cosine .95', (row) => row.similarity >= 0.95],
];
if (!noFull) {
	const full = guardedScores(rows, 'full');
	methods.push(['full+guards', (row) => full.of(row) >= full.cutoff]);
	methods.push(['full+g .99', at(full.of)]);
	methods.push(['full .99', at((row) => row.full)]);
	methods.push(['full .70', (row) => row.full >= 0.7]);
	methods.push(['full .80', (row) => row.full >= 0.8]);
	methods.push(['full .95', (row) => row.full >= 0.95]);
}
function at(score) {
	const threshold = thresholdFor(rows, score, 0.99);
	return (row) => score(row) >= threshold;
}

print('Each cell: recall of pairs that may share an answer / wrong hits among pairs that may not.');
print('guarded: the policy as shipped, what is learnt scored on held-out sources.');
print(
	'.99: the threshold at which 99 % of all hits are right. guards: with guards and pair model.',
);
print(`full: the sentence model all-MiniLM-L6-v2${noFull ? ` - left out: ${noFull}` : ''}.`);
print();
const width = 15;
const head = ['kind', 'lang', 'same', 'other'];
const cell = (text, size = width) => String(text).padEnd(size);
print(
	cell(head[0], 24) +
		head
			.slice(1)
			.map((h) => cell(h, 6))
			.join('') +
		methods.map(([name]) => cell(name)).join(''),
);
const line = (kind, lang, part) => {
	const { same, other } = measure(part, () => false);
	const cells = methods.map(([, serves]) => {
		const { recall, wrong } = measure(part, serves);
		return cell(
			`${same ? percent(recall).replace(' %', '%') : '-'} / ${other ? wrong : '-'}`,
			width,
		);
	});
	print(cell(kind, 24) + cell(lang, 6) + cell(same, 6) + cell(other, 6) + cells.join(''));
};
for (const kind of [...new Set(rows.map((row) => row.kind))].sort())
	for (const lang of ['en', 'fr', 'de', 'es']) {
		const part = rows.filter((row) => row.kind === kind && row.lang === lang);
		if (part.length > 0) line(kind, lang, part);
	}
for (const lang of ['en', 'fr', 'de', 'es'])
	line(
		'all',
		lang,
		rows.filter((row) => row.lang === lang),
	);
line(
	'adversarial',
	'all',
	rows.filter((row) => ADVERSARIAL.has(row.kind)),
);
line('all', 'all', rows);
print();

const served = measure(rows, methods[0][1]);
const adversarial = measure(
	rows.filter((row) => ADVERSARIAL.has(row.kind)),
	methods[0][1],
);
print(
	`guarded: precision ${percent(served.precision)}, recall ${percent(served.recall)}, pair model cutoff ${guarded.cutoff}`,
);
print(
	`false hits on adversarial pairs: ${adversarial.wrong} of ${adversarial.other} (${((100 * adversarial.wrong) / adversarial.other).toFixed(2)} %)`,
);
const equal = measure(rows, (row) => row.similarity >= thresholdFor(rows, plain, served.precision));
const equal99 = measure(rows, methods[2][1]);
print(
	`plain cosine at equal precision: recall ${percent(equal.recall)}; at precision 0.99: ${percent(equal99.recall)}`,
);
print();

print(
	'verified: a stream of prompts with known answers, built-in embedder; requests seen literally before not counted',
);
const stream = requestStream(pairs);
const everything = semantic.loadSemanticTables();
const judged = new Map();
const bySimilarity = (_, __, similarity) => similarity;
const byScore = (stored, asked) => {
	const key = `${stored}\0${asked}`;
	if (!judged.has(key)) {
		const { hit, score } = semantic.sameAnswer(stored, asked, everything);
		judged.set(key, hit || score > 0 ? score : null);
	}
	return judged.get(key);
};
const report = (name, { lookups, hitRate, wrong, error }) =>
	print(
		`${cell(name, 34)}lookups ${lookups}  hits ${percent(hitRate)}  wrong ${wrong}: ${(error.share * 100).toFixed(2)} % (95 %: ${(error.low * 100).toFixed(2)}-${(error.high * 100).toFixed(2)} %)`,
	);
print('by cosine alone:');
for (const rate of [0.01, 0.02, 0.05])
	report(
		`verified, promised ${rate * 100} %`,
		playVerified(stream, tables.embedding, bySimilarity, rate),
	);
for (const threshold of [0.7, 0.8, 0.95, 0.99])
	report(`cosine ${threshold}`, playThreshold(stream, tables.embedding, bySimilarity, threshold));
print(
	'by guards and the score of the guarded decision (the shipped pair model knows these pairs):',
);
for (const rate of [0.01, 0.02, 0.05])
	report(
		`verified, promised ${rate * 100} %`,
		playVerified(stream, tables.embedding, byScore, rate),
	);
for (const threshold of [0.5, everything.pairModel.cutoff])
	report(`score ${threshold}`, playThreshold(stream, tables.embedding, byScore, threshold));
