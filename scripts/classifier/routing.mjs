// How well a score serves as a router between a weak and a strong model, and how well it orders grades.
// Figures as in RouteLLM (Ong et al., arXiv 2406.18665): performance gap recovered (PGR), its mean over all
// shares of strong calls (APGR), and the least share that recovers half of the gap (CPT 50 %).
import { randomFrom } from './random.mjs';

const RESAMPLES = 1000;
const SEED = 7;

/** Places of `scores`, highest first; equal ones keep their order. */
const ranking = (scores) => scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);

/** Gap recovered when the n highest scores go to the strong model, for n from 0 to all; null without a gap. */
function recovered(rows, scores) {
	const gap = rows.reduce((sum, { weak, strong }) => sum + strong - weak, 0);
	if (gap <= 0) return null;
	let won = 0;
	const curve = [0];
	for (const i of ranking(scores)) {
		won += rows[i].strong - rows[i].weak;
		curve.push(won / gap);
	}
	return curve;
}

/** `{ quarter, area, half }`: PGR at a quarter of strong calls, APGR, CPT 50 %; null where there is no gap. */
export function routing(rows, scores) {
	const curve = recovered(rows, scores);
	if (!curve) return null;
	const n = rows.length;
	const at = curve.findIndex((share) => share >= 0.5);
	return {
		quarter: curve[Math.round(n / 4)],
		area: curve.slice(1).reduce((sum, share, i) => sum + (share + curve[i]) / 2, 0) / n,
		half: at / n,
	};
}

/** The middle 90 % of PGR at a quarter over prompts drawn again. */
export function resampled(rows, scores) {
	const random = randomFrom(SEED);
	const figures = [];
	for (let k = 0; k < RESAMPLES; k++) {
		const drawn = rows.map(() => Math.floor(random() * rows.length));
		const found = routing(
			drawn.map((i) => rows[i]),
			drawn.map((i) => scores[i]),
		);
		if (found) figures.push(found.quarter);
	}
	figures.sort((a, b) => a - b);
	const place = (share) => figures[Math.floor(share * (figures.length - 1))];
	return { low: place(0.05), high: place(0.95) };
}

/** Spearman's rank correlation, ties at their mean rank. */
export function rankCorrelation(a, b) {
	const [x, y] = [meanRanks(a), meanRanks(b)];
	const mean = (a.length + 1) / 2;
	let both = 0;
	let left = 0;
	let right = 0;
	x.forEach((rank, i) => {
		both += (rank - mean) * (y[i] - mean);
		left += (rank - mean) ** 2;
		right += (y[i] - mean) ** 2;
	});
	return left === 0 || right === 0 ? null : both / Math.sqrt(left * right);
}

function meanRanks(values) {
	const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
	const ranks = new Array(values.length);
	for (let from = 0; from < order.length;) {
		let to = from;
		while (to < order.length && values[order[to]] === values[order[from]]) to++;
		for (let k = from; k < to; k++) ranks[order[k]] = (from + to + 1) / 2;
		from = to;
	}
	return ranks;
}
