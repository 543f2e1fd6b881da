// Turns held-out predictions into the tables of the model card and the chart beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { costQualityChart, costQualityCurve } from './chart.mjs';
import { apply } from './crossValidate.mjs';
import { expectedCalibrationError, macroF1, tierFigures } from './measure.mjs';
import { DATA_FILES, LABELS, scoreDifficulty, sourceKey } from './rows.mjs';

/** Prompts that people typed for a model or a crowd task, not templates, tests or prompt libraries. */
const TYPED = /^(oasst1|dolly-15k$|ifeval|m-ifeval|strategyqa|helloprompt-faq$)/;
const COLUMNS =
	'prompts | task macro-F1 | task accuracy | tier accuracy | tier AUC | complex sent to small | simple sent to large';

const percent = (x) => `${(100 * x).toFixed(1)} %`;
const figure = (x) => (x === null ? '-' : x.toFixed(3));

/** What the classifier with this header decides on the outputs of `crossValidate`. */
export function decide(vectors, outputs, header) {
	return outputs.map((output, i) => {
		const { types, sideLogit } = apply(output, header);
		const type = types.indexOf(Math.max(...types));
		const difficulty = scoreDifficulty(vectors[i].signals, types, header.difficulty);
		const score = sideLogit + header.difficultyWeight * (difficulty - 0.5);
		return { type, confidence: types[type], score, large: score >= header.sideThreshold };
	});
}

/** The tables, as lines of Markdown. */
export function tables(rows, predictions, trained) {
	const part = (keep) => {
		const at = rows.map((_, i) => i).filter((i) => keep(rows[i]));
		return [at.map((i) => rows[i]), at.map((i) => predictions[i])];
	};
	const line = (name, keep) => {
		const [some, guessed] = part(keep);
		const { macro } = macroF1(some, guessed);
		const tier = tierFigures(some, guessed);
		const right = some.filter((row, i) => LABELS[guessed[i].type] === row.task).length;
		const shares = [macro, right / some.length, tier.accuracy, tier.auc].map(figure);
		const wrong = [tier.complexToSmall, tier.simpleToLarge].map(percent);
		return `| ${[name, some.length, ...shares, ...wrong].join(' | ')} |`;
	};
	const head = (first) => [`| ${first} | ${COLUMNS} |`, `|${'---|'.repeat(8)}`];
	const scores = [() => true, (row) => row.lang === 'en', (row) => row.lang === 'fr'].map(
		(keep) => macroF1(...part(keep)).scores,
	);
	const collection = ({ source }) => source.split(':')[0];
	const keys = new Set(rows.map(sourceKey)).size;
	const error = figure(expectedCalibrationError(rows, predictions));
	return [
		`Trained ${trained}. Every prompt is predicted by a model that has seen no prompt of its source or, in collections, of its task or template in any language: ${keys} sources in 6 folds. Expected calibration error of the confidence: ${error}.`,
		'',
		...head('language'),
		line('all', () => true),
		...['en', 'fr', 'de', 'es'].map((lang) => line(lang, (row) => row.lang === lang)),
		line('typed by people, en', (row) => row.lang === 'en' && TYPED.test(row.source)),
		line('typed by people, fr', (row) => row.lang === 'fr' && TYPED.test(row.source)),
		'',
		'| task | F1 all | F1 en | F1 fr |',
		'|---|---|---|---|',
		...LABELS.map((label, c) => `| ${[label, ...scores.map((s) => figure(s[c]))].join(' | ')} |`),
		'',
		...savedLines(rows, predictions),
		'',
		...head('source'),
		...[...new Set(rows.map(collection))]
			.sort()
			.map((name) => line(name, (row) => collection(row) === name)),
	];
}

/** What is saved against always asking the large model, for shares of complex prompts given up. */
function savedLines(rows, predictions) {
	const curve = costQualityCurve(rows, predictions);
	return [
		'| complex prompts sent to the small model, at most | prompts on the small model | cost saved, small model free | cost saved, small model a tenth of the price |',
		'|---|---|---|---|',
		...[0.01, 0.02, 0.05, 0.1].map((atMost) => {
			const { saved } = curve.filter((point) => point.wrong <= atMost).at(-1);
			return `| ${[percent(atMost), percent(saved), percent(saved), percent(0.9 * saved)].join(' | ')} |`;
		}),
	];
}

/** Puts the tables into the model card and draws the chart beside it. */
export function writeCard(rows, predictions, lines) {
	writeFigures('figures', lines);
	writeFileSync(path.join(DATA_FILES, 'classifier.chart.svg'), costQualityChart(rows, predictions));
}

/** Puts lines between the marks of that name in the model card. */
export function writeFigures(name, lines) {
	const card = path.join(DATA_FILES, 'classifier.card.md');
	const marks = new RegExp(`(<!-- ${name} -->\\n)[^]*(<!-- end of ${name} -->)`);
	const text = readFileSync(card, 'utf8');
	writeFileSync(
		card,
		text.replace(marks, (_, a, b) => `${a}\n${lines.join('\n')}\n\n${b}`),
	);
}
