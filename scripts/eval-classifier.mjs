/**
 * Measures the classifier on the labelled prompts, each predicted by a model that has seen nothing of
 * its source, with the calibration of the shipped weights. Prints tables in Markdown; with --write it
 * also puts them into the model card and draws the chart beside it.
 *
 * --no-phrases leaves the written phrases out; --baseline measures hashed n-grams in the same way.
 * --router FILE measures the shipped weights instead, on prompts from elsewhere: as a router between two
 * models, against graded difficulty, and against task labels. classifier/outside.mjs says what FILE holds.
 *
 *   npm run eval:classifier [-- [data folder] [--write] [--no-phrases] [--baseline] [--router FILE]]
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ngramVector } from './classifier/baseline.mjs';
import { crossValidate, neutralHeader } from './classifier/crossValidate.mjs';
import { outsideTables, readOutside } from './classifier/outside.mjs';
import { decide, tables, writeCard, writeFigures } from './classifier/report.mjs';
import { DATA_FILES, dataFolder, examine, readModel, readRows } from './classifier/rows.mjs';
import { elapsed, say } from './lib/say.mjs';

const flag = { type: 'boolean', default: false };
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { write: flag, 'no-phrases': flag, baseline: flag, router: { type: 'string' } },
});

if (values.router) {
	const lines = outsideTables(readOutside(values.router));
	process.stdout.write(`${lines.join('\n')}\n`);
	if (values.write) writeFigures('outside figures', lines);
} else {
	measureHeldOut(values);
}
say(elapsed());

function measureHeldOut({ baseline, write, 'no-phrases': without }) {
	const rows = readRows(dataFolder(positionals[0]));
	const vectors = rows.map((row) => examine(row.text));
	const { header } = readModel(readFileSync(path.join(DATA_FILES, 'classifier.weights.bin')));
	const features = baseline ? rows.map((row) => ngramVector(row.text)) : vectors;
	const phrases = !baseline && !without;
	const outputs = crossValidate(rows, features, { say, phrases, dropout: !baseline });
	const predictions = decide(vectors, outputs, baseline ? neutralHeader([]) : header);
	const lines = tables(rows, predictions, header.trained);
	process.stdout.write(`${lines.join('\n')}\n`);
	if (write && phrases) writeCard(rows, predictions, lines);
}
