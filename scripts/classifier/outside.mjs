// Figures on prompts that had no part in making the classifier, read from a file outside the project.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { repoRoot } from '../lib/paths.mjs';
import { rankCorrelation, resampled, routing } from './routing.mjs';

const require = createRequire(import.meta.url);
const built = (name) => require(path.join(repoRoot, 'dist', 'nodes', 'shared', `${name}.js`));
const { classifyPrompt } = built('core/classify/classifyPrompt');
const { loadClassifier } = built('drivers/tables/classifierWeights');

const percent = (x) => `${(100 * x).toFixed(1)} %`;
const figure = (x) => (x === null ? '-' : x.toFixed(2));

/**
 * Reads NDJSON, one prompt a line: `set` and `text`, and what is known of it: `weak` and `strong` (quality
 * 0-1 of two models' answers), `level` (graded difficulty), `tasks` (labels that are right), `tier`, `group`.
 */
export function readOutside(file) {
	const classifier = loadClassifier();
	return readFileSync(file, 'utf8')
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line))
		.map((row) => ({ ...row, decision: classifyPrompt(classifier, row.text) }));
}

const setsOf = (rows) => [...new Set(rows.map(({ set }) => set))];
const difficulties = (rows) => rows.map(({ decision }) => decision.difficulty);
const lengths = (rows) => rows.map(({ text }) => text.length);

/** The tables, as lines of Markdown. */
export function outsideTables(rows) {
	return [...routingTable(rows), '', ...gradeTable(rows), '', ...taskTable(rows)];
}

function routingTable(rows) {
	const judged = rows.filter(({ weak, strong }) => weak !== undefined && strong !== undefined);
	const line = (name, some) => {
		const mean = (model) => some.reduce((sum, row) => sum + row[model], 0) / some.length;
		const score = difficulties(some);
		const [own, length] = [score, lengths(some)].map((scores) => routing(some, scores));
		const head = [name, some.length, percent(mean('weak')), percent(mean('strong'))];
		if (!own) return `| ${[...head, 'no gap', '-', '-', '-'].join(' | ')} |`;
		const { low, high } = resampled(some, score);
		const cells = [
			`${percent(own.quarter)} (${percent(low)} to ${percent(high)})`,
			figure(own.area),
			percent(own.half),
			`${percent(length.quarter)}, ${figure(length.area)}, ${percent(length.half)}`,
		];
		return `| ${[...head, ...cells].join(' | ')} |`;
	};
	const sets = setsOf(judged);
	return [
		'| prompts with answers of two models | n | weak right | strong right | gap recovered by a quarter of strong calls (90 % interval) | APGR | strong calls for half of the gap | the same by prompt length |',
		`|${'---|'.repeat(8)}`,
		...sets.map((set) =>
			line(
				set,
				judged.filter((row) => row.set === set),
			),
		),
		...(sets.length > 1 ? [line('together', judged)] : []),
		'| at random | | | | 25.0 % | 0.50 | 50.0 % | |',
	];
}

function gradeTable(rows) {
	const graded = rows.filter(({ level }) => level !== undefined);
	const line = (name, some) => {
		const levels = some.map(({ level }) => level);
		const cells = [difficulties(some), lengths(some)].map((s) =>
			figure(rankCorrelation(s, levels)),
		);
		return `| ${[name, some.length, ...cells].join(' | ')} |`;
	};
	return [
		'| graded prompts | n | rank correlation of difficulty with the grade | of prompt length |',
		'|---|---|---|---|',
		...setsOf(graded).flatMap((set) => {
			const some = graded.filter((row) => row.set === set);
			const groups = [...new Set(some.map(({ group }) => group))].filter(Boolean);
			return [
				line(set, some),
				...groups
					.map((group) => [group, some.filter((row) => row.group === group)])
					.filter(([, part]) => part.length >= 10)
					.map(([group, part]) => line(`${set}: ${group}`, part)),
			];
		}),
	];
}

function taskTable(rows) {
	const labelled = rows.filter(({ tasks }) => tasks !== undefined);
	const line = (name, some) => {
		const right = some.filter(({ tasks, decision }) => tasks.includes(decision.type)).length;
		const tier = some.filter(({ tier: wanted, decision }) => wanted === decision.tier).length;
		const large = some.filter(({ tier: wanted }) => wanted === 'large');
		const lost = large.filter(({ decision }) => decision.tier === 'small').length;
		const cells = [right / some.length, tier / some.length].map(percent);
		const wrong = large.length === 0 ? '-' : percent(lost / large.length);
		return `| ${[name, some.length, ...cells, wrong].join(' | ')} |`;
	};
	return [
		'| labelled prompts | n | task accuracy | tier accuracy | complex sent to small |',
		'|---|---|---|---|---|',
		...setsOf(labelled).flatMap((set) => {
			const some = labelled.filter((row) => row.set === set);
			const groups = [...new Set(some.map(({ group }) => group))].filter(Boolean);
			return [
				line(set, some),
				...groups.map((group) =>
					line(
						`${set}: ${group}`,
						some.filter((row) => row.group === group),
					),
				),
			];
		}),
		line('together', labelled),
	];
}
