/**
 * Measures the classifier on the labelled prompts, each predicted by a model that has seen nothing of
 * its source, with the calibration of the shipped weights. Prints tables in Markdown; with --write it
 * also puts them into the model card and draws the chart beside it.
 *
 * --no-phrases leaves the written phrases out; --baseline measures hashed n-grams in the same way.
 *
 *   npm run eval:classifier [-- [data folder] [--write] [--no-phrases] [--baseline]]
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ngramVector } from './classifier/baseline.mjs';
import { crossValidate, neutralHeader } from './classifier/crossValidate.mjs';
import { decide, tables, writeCard } from './classifier/report.mjs';
import { DATA_FILES, dataFolder, examine, readModel, readRows } from './classifier/rows.mjs';
import { elapsed, say } from './lib/say.mjs';

const isFlag = (argument) => argument.startsWith('--');
const flags = process.argv.slice(2).filter(isFlag);
const folder = process.argv.slice(2).find((argument) => !isFlag(argument));
const rows = readRows(dataFolder(folder));
const baseline = flags.includes('--baseline');
const vectors = rows.map((row) => examine(row.text));
const { header } = readModel(readFileSync(path.join(DATA_FILES, 'classifier.weights.bin')));
const features = baseline ? rows.map((row) => ngramVector(row.text)) : vectors;
const phrases = !baseline && !flags.includes('--no-phrases');
const outputs = crossValidate(rows, features, { say, phrases, dropout: !baseline });
const predictions = decide(vectors, outputs, baseline ? neutralHeader([]) : header);
const lines = tables(rows, predictions, header.trained);
process.stdout.write(`${lines.join('\n')}\n`);
if (flags.includes('--write') && phrases) writeCard(rows, predictions, lines);
say(elapsed());
