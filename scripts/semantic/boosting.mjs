/**
 * Gradient boosting of small trees for a yes/no answer, in plain JavaScript: logistic loss, Newton
 * leaves, histogram splits. Deterministic: the same rows and settings give the same trees.
 */

export const SETTINGS = {
	trees: 300,
	depth: 4,
	rate: 0.03,
	rowShare: 0.5,
	featureShare: 0.3,
	smallestLeaf: 20,
	seed: 1,
};

/** Mulberry32: a small seeded generator of numbers in [0, 1). */
function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

function cutPoints(values, most = 48) {
	const sorted = [...new Set(values)].sort((a, b) => a - b);
	const cuts = [];
	const step = Math.max(1, Math.floor(sorted.length / most));
	for (let k = 0; k + 1 < sorted.length; k += step) cuts.push((sorted[k] + sorted[k + 1]) / 2);
	return cuts;
}

const bucketOf = (value, cuts) => {
	let low = 0;
	let high = cuts.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (value <= cuts[middle]) high = middle;
		else low = middle + 1;
	}
	return low;
};

function bestSplit(members, features, data, settings) {
	let best = null;
	for (const feature of features) {
		const cuts = data.cuts[feature];
		if (cuts.length === 0) continue;
		const size = cuts.length + 1;
		const gradient = new Float64Array(size);
		const weight = new Float64Array(size);
		const count = new Uint32Array(size);
		const buckets = data.buckets[feature];
		for (const row of members) {
			const bucket = buckets[row];
			gradient[bucket] += data.gradient[row];
			weight[bucket] += data.weight[row];
			count[bucket]++;
		}
		const allGradient = gradient.reduce((a, b) => a + b, 0);
		const allWeight = weight.reduce((a, b) => a + b, 0);
		let leftGradient = 0;
		let leftWeight = 0;
		let leftCount = 0;
		for (let k = 0; k < cuts.length; k++) {
			leftGradient += gradient[k];
			leftWeight += weight[k];
			leftCount += count[k];
			if (leftCount < settings.smallestLeaf) continue;
			if (members.length - leftCount < settings.smallestLeaf) break;
			const rightGradient = allGradient - leftGradient;
			const gain =
				leftGradient ** 2 / (leftWeight + 1) +
				rightGradient ** 2 / (allWeight - leftWeight + 1) -
				allGradient ** 2 / (allWeight + 1);
			if (gain > 1e-6 && (!best || gain > best.gain))
				best = { gain, feature, cut: cuts[k], bucket: k };
		}
	}
	return best;
}

function growTree(rows, data, settings, random) {
	const size = 2 ** (settings.depth + 1) - 1;
	const feature = new Array(size).fill(-1);
	const value = new Array(size).fill(0);
	const count = data.cuts.length;
	const grow = (node, members, depth) => {
		const names = Array.from({ length: count }, (_, k) => k)
			.map((k) => [random(), k])
			.sort((a, b) => a[0] - b[0])
			.slice(0, Math.ceil(count * settings.featureShare))
			.map(([, k]) => k);
		const split = depth < settings.depth ? bestSplit(members, names, data, settings) : null;
		if (!split) {
			let gradient = 0;
			let weight = 0;
			for (const row of members) {
				gradient += data.gradient[row];
				weight += data.weight[row];
			}
			value[node] = Number(((settings.rate * gradient) / (weight + 1)).toFixed(5));
			return;
		}
		feature[node] = split.feature;
		value[node] = Number(split.cut.toPrecision(6));
		const goesLeft = (row) => data.buckets[split.feature][row] <= split.bucket;
		grow(node * 2 + 1, members.filter(goesLeft), depth + 1);
		grow(
			node * 2 + 2,
			members.filter((row) => !goesLeft(row)),
			depth + 1,
		);
	};
	grow(0, rows, 0);
	return { feature, value };
}

const treeValue = ({ feature, value }, row) => {
	let node = 0;
	while (feature[node] >= 0) node = row[feature[node]] <= value[node] ? node * 2 + 1 : node * 2 + 2;
	return value[node];
};

/** Trains on feature rows and 0/1 labels; answers `{ bias, trees }` for core/semantic/pairModel. */
export function train(rows, labels, settings = SETTINGS) {
	const random = generator(settings.seed);
	const share = labels.reduce((a, b) => a + b, 0) / labels.length;
	const bias = Number(Math.log(share / (1 - share)).toFixed(5));
	const cuts = rows[0].map((_, k) => cutPoints(rows.map((row) => row[k])));
	const data = {
		cuts,
		buckets: cuts.map((points, k) => Uint8Array.from(rows, (row) => bucketOf(row[k], points))),
		gradient: new Float64Array(rows.length),
		weight: new Float64Array(rows.length),
	};
	const sums = new Float64Array(rows.length).fill(bias);
	const trees = [];
	for (let round = 0; round < settings.trees; round++) {
		for (let row = 0; row < rows.length; row++) {
			const p = 1 / (1 + Math.exp(-sums[row]));
			data.gradient[row] = labels[row] - p;
			data.weight[row] = p * (1 - p);
		}
		const chosen = [];
		for (let row = 0; row < rows.length; row++) if (random() < settings.rowShare) chosen.push(row);
		const tree = growTree(chosen, data, settings, random);
		for (let row = 0; row < rows.length; row++) sums[row] += treeValue(tree, rows[row]);
		trees.push(tree);
	}
	return { bias, trees };
}

/** Probability of one row under a trained model. */
export function predict({ bias, trees }, row) {
	return 1 / (1 + Math.exp(-trees.reduce((sum, tree) => sum + treeValue(tree, row), bias)));
}
