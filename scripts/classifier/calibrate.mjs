// Chooses scales and threshold on predictions for sources that were held out.
import { apply } from './crossValidate.mjs';
import { LABELS, SMALL_TYPE_COUNT } from './rows.mjs';

/** Complex prompts sent to the small model at the default slider: at most this share. */
const WANTED_COMPLEX_TO_SMALL = 0.03;

const isLarge = (row) => LABELS.indexOf(row.task) >= SMALL_TYPE_COUNT;
const range = (from, to, step) =>
	Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);
const best = (candidates, loss) =>
	candidates.map((c) => [loss(c), c]).sort((a, b) => a[0] - b[0])[0][1];

/**
 * @param shift what the difficulty of row i adds to its side, given the type probabilities
 * @returns `{ typeScale, sideScale, sideShare, sideThreshold }`
 */
export function calibrate(rows, outputs, shift) {
	const mean = (loss) => rows.reduce((sum, row, i) => sum + loss(row, outputs[i]), 0) / rows.length;
	const typeScale = best(range(0.6, 2, 0.1), (scale) =>
		mean((row, o) => {
			const { types } = apply(o, { typeScale: scale, sideScale: 1, sideShare: 0 });
			return -Math.log(types[LABELS.indexOf(row.task)] + 1e-9);
		}),
	);
	const sideLoss = (scale, share) =>
		mean((row, o) => {
			const z = apply(o, { typeScale, sideScale: scale, sideShare: share }).sideLogit;
			return Math.log(1 + Math.exp(isLarge(row) ? -z : z));
		});
	const sideScale = best(range(0.6, 2, 0.1), (scale) => sideLoss(scale, 1));
	const sideShare = best(range(0, 1, 0.1), (share) => sideLoss(sideScale, share));
	const scored = rows.map((row, i) => {
		const { types, sideLogit } = apply(outputs[i], { typeScale, sideScale, sideShare });
		return [sideLogit + shift(i, types), isLarge(row)];
	});
	const large = scored
		.filter(([, l]) => l)
		.map(([z]) => z)
		.sort((a, b) => a - b);
	const atMost = large[Math.floor(large.length * WANTED_COMPLEX_TO_SMALL)];
	const sideThreshold = Math.round(Math.min(0, atMost) * 1000) / 1000;
	return {
		typeScale: round(typeScale),
		sideScale: round(sideScale),
		sideShare: round(sideShare),
		sideThreshold,
	};
}

const round = (x) => Math.round(x * 100) / 100;
