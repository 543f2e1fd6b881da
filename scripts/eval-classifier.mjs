/**
 * Measures the classifier on the labelled prompts, each predicted by a model that has seen nothing of
 * its source, with the calibration of the shipped weights. Prints tables in Markdown; with --write it
 * also puts them into the model card and draws the chart beside it.
 *
 *   npm run eval:classifier [-- [data folder] [--write] [--no-phrases]]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { costQualityChart } from './classifier/chart.mjs';
import { apply, crossValidate } from './classifier/crossValidate.mjs';
import { expectedCalibrationError, macroF1, tierFigures } from './classifier/measure.mjs';
import {
	DATA_FILES,
	dataFolder,
	examine,
	LABELS,
	readModel,
	readRows,
	scoreDifficulty,
	sourceKey,
} from './classifier/rows.mjs';
import { elapsed, say } from './lib/say.mjs';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
const rows = readRows(dataFolder(folder));
const vectors = rows.map((row) => examine(row.text));
const { header } = readModel(readFileSync(path.join(DATA_FILES, 'classifier.weights.bin')));
const outputs = crossValidate(rows, vectors, { say, phrases: !flags.includes('--no-phrases') });
const predictions = outputs.map((output, i) => {
	const { types, sideLogit } = apply(output, header);
	const type = types.indexOf(Math.max(...types));
	const difficulty = scoreDifficulty(vectors[i].signals, types, header.difficulty);
	const score = sideLogit + header.difficultyWeight * (difficulty - 0.5);
	return { type, confidence: types[type], score, large: score >= header.sideThreshold };
});

const percent = (x) => `${(100 * x).toFixed(1)} %`;
const figure = (x) => (x === null ? '-' : x.toFixed(3));
const HUMAN = /^(oasst1|dolly-15k$|ifeval|m-ifeval|strategyqa|helloprompt-faq$)/;

function line(name, keep) {
	const at = rows.map((_, i) => i).filter((i) => keep(rows[i]));
	const part = at.map((i) => rows[i]);
	const guessed = at.map((i) => predictions[i]);
	const { macro } = macroF1(part, guessed);
	const tier = tierFigures(part, guessed);
	const right = part.filter((row, i) => LABELS[guessed[i].type] === row.task).length / part.length;
	return `| ${name} | ${part.length} | ${figure(macro)} | ${figure(right)} | ${figure(tier.accuracy)} | ${figure(tier.auc)} | ${percent(tier.complexToSmall)} | ${percent(tier.simpleToLarge)} |`;
}

const header8 = (first) => [
	`| ${first} | prompts | task macro-F1 | task accuracy | tier accuracy | tier AUC | complex sent to small | simple sent to large |`,
	'|---|---|---|---|---|---|---|---|',
];
const groups = [...new Set(rows.map((row) => row.source.split(':')[0]))].sort();
const all = macroF1(rows, predictions);
const tables = [
	`Trained ${header.trained}. Every prompt is predicted by a model that has seen no prompt of its source (or, in collections, of its task or template): ${new Set(rows.map(sourceKey)).size} sources in 6 folds. Expected calibration error of the confidence: ${figure(expectedCalibrationError(rows, predictions))}.`,
	'',
	...header8('language'),
	line('all', () => true),
	...['en', 'fr', 'de', 'es'].map((lang) => line(lang, (row) => row.lang === lang)),
	line('typed by people, en', (row) => row.lang === 'en' && HUMAN.test(row.source)),
	line('typed by people, fr', (row) => row.lang === 'fr' && HUMAN.test(row.source)),
	'',
	'| task | F1 all | F1 en | F1 fr |',
	'|---|---|---|---|',
	...taskLines(),
	'',
	...header8('source'),
	...groups.map((group) => line(group, (row) => row.source.split(':')[0] === group)),
];

function taskLines() {
	const per = ['en', 'fr'].map((lang) => {
		const at = rows.map((_, i) => i).filter((i) => rows[i].lang === lang);
		return macroF1(
			at.map((i) => rows[i]),
			at.map((i) => predictions[i]),
		).scores;
	});
	return LABELS.map(
		(label, c) =>
			`| ${label} | ${figure(all.scores[c])} | ${figure(per[0][c])} | ${figure(per[1][c])} |`,
	);
}

process.stdout.write(`${tables.join('\n')}\n`);
if (flags.includes('--write')) {
	const card = path.join(DATA_FILES, 'classifier.card.md');
	const marks = /(<!-- figures -->\n)[^]*(<!-- end of figures -->)/;
	writeFileSync(
		card,
		readFileSync(card, 'utf8').replace(marks, (_, a, b) => `${a}${tables.join('\n')}\n${b}`),
	);
	writeFileSync(path.join(DATA_FILES, 'classifier.chart.svg'), costQualityChart(rows, predictions));
}
say(elapsed());
