/**
 * The `verified` policy, after "vCache: Verified Semantic Prompt Caching" (arXiv 2502.03771, from
 * the paper alone). Each stored entry learns from outcomes at which similarity its answer is right:
 * P(right | s) = 1 / (1 + exp(-slope (s - midpoint))); s is a cosine, or better the score of the
 * guarded decision. A lookup is explored (the model is called,
 * the outcome learnt) with a probability that keeps wrong hits under the promised rate, counted with
 * what is not yet known about the entry. Unlike the paper, the uncertainty is a posterior over a grid
 * of midpoints and slopes, and what all entries of a partition have seen is a weak prior for each.
 */

const MIDPOINTS = Array.from({ length: 24 }, (_, k) => 0.5 + k * 0.025);
const SLOPES = [8, 16, 32, 64, 128];
const CELLS = MIDPOINTS.length * SLOPES.length;

/** Probability that the answer is nevertheless wrong, whatever the similarity (bad labels, drift). */
const FLOOR = 0.0005;
/** Confidences tried for the lower bound; the best is taken, as in the paper. */
const EPSILONS = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
/** An entry's prior counts as at most this many observations of the others. */
const PRIOR_WEIGHT = 300;
const OLD_WEIGHT = 0.999;

/** What is known of one entry, or of all entries together; plain numbers, to be stored as JSON. */
export interface VerifiedState {
	/** Log-likelihood of the observations for each midpoint and slope. */
	logLikelihood: number[];
	observations: number;
}

export interface VerifiedDecision {
	/** `serve` the stored answer, or `explore`: call the model and learn from the outcome. */
	action: 'serve' | 'explore';
	/** Probability with which this lookup was to be explored, 0-1. */
	exploreProbability: number;
	/** Lower bound of the probability that the answer is right, 0-1. */
	rightAtLeast: number;
	reason: string;
}

/** A state that has seen nothing. */
export function emptyVerifiedState(): VerifiedState {
	return { logLikelihood: new Array<number>(CELLS).fill(0), observations: 0 };
}

function rightProbability(cell: number, similarity: number): number {
	const midpoint = MIDPOINTS[cell % MIDPOINTS.length]!;
	const slope = SLOPES[Math.floor(cell / MIDPOINTS.length)]!;
	return FLOOR / 2 + (1 - FLOOR) / (1 + Math.exp(-slope * (similarity - midpoint)));
}

/** Adds one outcome; older ones fade slowly, so that a drifting model is noticed. */
export function learnOutcome(
	state: VerifiedState,
	similarity: number,
	right: boolean,
): VerifiedState {
	return {
		logLikelihood: state.logLikelihood.map((old, cell) => {
			const p = rightProbability(cell, similarity);
			return old * OLD_WEIGHT + Math.log(right ? p : 1 - p);
		}),
		observations: state.observations + 1,
	};
}

/** Posterior weight of each cell, summing to 1. */
function posterior(entry: VerifiedState, shared: VerifiedState): number[] {
	const weight = shared.observations === 0 ? 0 : Math.min(1, PRIOR_WEIGHT / shared.observations);
	const logs = entry.logLikelihood.map((own, cell) => own + weight * shared.logLikelihood[cell]!);
	const most = Math.max(...logs);
	const weights = logs.map((log) => Math.exp(log - most));
	const sum = weights.reduce((a, b) => a + b, 0);
	return weights.map((one) => one / sum);
}

/** max over epsilon of (1 - epsilon) * (epsilon quantile of P(right)): the paper's lower bound. */
function lowerBound(weights: readonly number[], similarity: number): number {
	const cells = weights
		.map((weight, cell) => ({ weight, right: rightProbability(cell, similarity) }))
		.sort((a, b) => a.right - b.right);
	let best = 0;
	for (const epsilon of EPSILONS) {
		let mass = 0;
		const quantile = cells.find((cell) => (mass += cell.weight) > epsilon)?.right ?? 0;
		best = Math.max(best, (1 - epsilon) * quantile);
	}
	return best;
}

/**
 * Serve or explore?
 *
 * @param similarity of the asking prompt to the entry's, or the guarded decision's score; 0-1
 * @param maxErrorRate promised share of wrong answers among all lookups, above 0 and under 1
 * @param random a number in [0, 1)
 * @throws RangeError when maxErrorRate is out of range
 */
export function decideVerified(
	entry: VerifiedState,
	shared: VerifiedState,
	similarity: number,
	maxErrorRate: number,
	random: number,
): VerifiedDecision {
	if (!(maxErrorRate > 0 && maxErrorRate < 1))
		throw new RangeError(`maxErrorRate must lie between 0 and 1, it is ${maxErrorRate}`);
	const rightAtLeast = lowerBound(posterior(entry, shared), similarity);
	const wanted = 1 - maxErrorRate;
	const exploreProbability =
		rightAtLeast >= wanted ? 0 : Math.min(1, (wanted - rightAtLeast) / (1 - rightAtLeast));
	const action = random < exploreProbability ? 'explore' : 'serve';
	const share = `${(rightAtLeast * 100).toFixed(1)} %`;
	return {
		action,
		exploreProbability,
		rightAtLeast,
		reason:
			action === 'serve'
				? `verified: right with at least ${share} after ${entry.observations} outcomes`
				: `verified: exploring, sure of ${share} only after ${entry.observations} outcomes`,
	};
}
