// Figures of a set of predictions.
import { LABELS, SMALL_TYPE_COUNT } from './rows.mjs';

/** Macro-F1 over the labels that occur, and the F1 of each. */
export function macroF1(rows, predictions) {
	const scores = LABELS.map((label, c) => {
		let right = 0;
		let named = 0;
		let there = 0;
		rows.forEach((row, i) => {
			if (predictions[i].type === c) named++;
			if (row.task === label) {
				there++;
				if (predictions[i].type === c) right++;
			}
		});
		return there === 0 ? null : (2 * right) / Math.max(1, named + there);
	});
	const known = scores.filter((s) => s !== null);
	return { macro: known.reduce((a, b) => a + b, 0) / known.length, scores };
}

/** Tier accuracy, AUC, and the share of prompts sent to the wrong side, by side. */
export function tierFigures(rows, predictions) {
	const counts = { right: 0, large: 0, largeToSmall: 0, small: 0, smallToLarge: 0 };
	const scored = [];
	rows.forEach((row, i) => {
		const isLarge = LABELS.indexOf(row.task) >= SMALL_TYPE_COUNT;
		const { large, score } = predictions[i];
		counts[isLarge ? 'large' : 'small']++;
		if (large === isLarge) counts.right++;
		else counts[isLarge ? 'largeToSmall' : 'smallToLarge']++;
		scored.push([score, isLarge]);
	});
	return {
		accuracy: counts.right / rows.length,
		auc: areaUnderCurve(scored),
		complexToSmall: counts.largeToSmall / Math.max(1, counts.large),
		simpleToLarge: counts.smallToLarge / Math.max(1, counts.small),
	};
}

function areaUnderCurve(scored) {
	const sorted = [...scored].sort((a, b) => a[0] - b[0]);
	let positives = 0;
	let ranks = 0;
	sorted.forEach(([, positive], i) => {
		if (positive) {
			positives++;
			ranks += i + 1;
		}
	});
	const negatives = sorted.length - positives;
	if (positives === 0 || negatives === 0) return null;
	return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** How often the highest probability is the right label, by confidence. */
export function expectedCalibrationError(rows, predictions) {
	const bins = Array.from({ length: 10 }, () => ({ n: 0, right: 0, sure: 0 }));
	rows.forEach((row, i) => {
		const { type, confidence } = predictions[i];
		const bin = bins[Math.min(9, Math.floor(confidence * 10))];
		bin.n++;
		bin.sure += confidence;
		if (LABELS[type] === row.task) bin.right++;
	});
	return bins.reduce((sum, b) => sum + Math.abs(b.right - b.sure), 0) / rows.length;
}
