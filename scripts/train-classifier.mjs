/**
 * Trains the task classifier: cross-validates with whole sources held out, calibrates on those
 * predictions, then trains on everything and writes nodes/shared/data/classifier.weights.bin, the
 * figures of the model card and its chart.
 * The same data and phrases always give the same weights.
 *
 *   npm run train:classifier [data folder]
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { calibrate } from './classifier/calibrate.mjs';
import {
	crossValidate,
	labelledExamples,
	neutralHeader,
	phraseExamples,
} from './classifier/crossValidate.mjs';
import { decide, tables, writeCard } from './classifier/report.mjs';
import {
	DATA_FILES,
	dataFolder,
	examine,
	readRows,
	scoreDifficulty,
	writeModel,
} from './classifier/rows.mjs';
import { train } from './classifier/trainer.mjs';
import { elapsed, say } from './lib/say.mjs';

const DIFFICULTY_WEIGHT = 0.6;

const rows = readRows(dataFolder(process.argv[2]));
const vectors = rows.map((row) => examine(row.text));
say(`${rows.length} prompts read (${elapsed()})`);
const outputs = crossValidate(rows, vectors, { say });
const calibration = calibrate(
	rows,
	outputs,
	(i, types) => DIFFICULTY_WEIGHT * (scoreDifficulty(vectors[i].signals, types) - 0.5),
);
say(`calibration ${JSON.stringify(calibration)} (${elapsed()})`);
const { weights, bias } = train([...labelledExamples(rows, vectors), ...phraseExamples(rows)]);
const header = {
	...neutralHeader(bias),
	...calibration,
	trained: process.env.TRAINED_ON ?? new Date().toISOString().slice(0, 10),
	difficultyWeight: DIFFICULTY_WEIGHT,
};
const file = writeModel(header, weights);
writeFileSync(path.join(DATA_FILES, 'classifier.weights.bin'), file);
const predictions = decide(vectors, outputs, header);
const lines = tables(rows, predictions, header.trained);
writeCard(rows, predictions, lines);
process.stdout.write(`${lines.join('\n')}\n`);
say(`wrote ${(file.length / 1e6).toFixed(2)} MB (${elapsed()})`);
