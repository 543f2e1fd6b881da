import type { SegmentedPrompt, Unit } from './segment';
import type { PromptStructure } from './structure';

/** log2 of the number of feature buckets. */
export const BUCKET_BITS = 16;
const BUCKETS = 1 << BUCKET_BITS;
/** Buckets below this number are reserved for structure flags. */
const FLAG_BUCKETS = 256;

/** Groups of features; each is scaled to the same length, whatever the prompt's length. */
export const NAMESPACES = [
	'structure',
	'concepts',
	'conceptPairs',
	'opening',
	'words',
	'wordPairs',
	'stems',
	'payloadWords',
	'payloadConcepts',
] as const;

/** A sparse feature vector: bucket numbers, values, and where each namespace begins. */
export interface FeatureVector {
	indices: Int32Array;
	values: Float32Array;
	/** Start of each namespace in `indices`; one entry more than there are namespaces. */
	starts: Int32Array;
	length: number;
}

const CAPACITY = 1024;
const LIMITS = [64, 64, 120, 12, 140, 140, 140, 80, 50];
const SCALES = [1.6, 1.4, 1.2, 0.9, 1, 0.8, 0.8, 0.6, 0.6];

/** A vector that can be filled again and again, so that classifying allocates nothing large. */
export function createFeatureVector(): FeatureVector {
	return {
		indices: new Int32Array(CAPACITY),
		values: new Float32Array(CAPACITY),
		starts: new Int32Array(NAMESPACES.length + 1),
		length: 0,
	};
}

function hash(text: string, from: number, to: number, seed: number): number {
	let h = seed | 0;
	for (let i = from; i < to; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	return finish(h);
}

function finish(h: number): number {
	let x = h;
	x ^= x >>> 15;
	x = Math.imul(x, 0x2c1b3c6d);
	x ^= x >>> 12;
	return x >>> 0;
}

function bucket(h: number): number {
	return FLAG_BUCKETS + ((h >>> 0) % (BUCKETS - FLAG_BUCKETS));
}

function bin(value: number, edges: readonly number[]): number {
	let i = 0;
	while (i < edges.length && value >= edges[i]!) i++;
	return i;
}

/** Structure as flags: each row is a name's block of eight buckets, the value chooses one of them. */
function structureFlags(s: PromptStructure): number[] {
	const payloadBin = bin(s.payloadWords, [1, 12, 30, 60, 120, 220]);
	const instructionBin = bin(s.instructionWords, [4, 8, 14, 24, 45, 80]);
	const rows = [
		bin(s.lengthChars, [30, 70, 140, 300, 700, 1600, 4000]),
		instructionBin,
		payloadBin,
		bin(s.payloadUnits, [1, 2, 4, 7, 12, 20]),
		bin(s.numbers, [1, 2, 3, 5, 8, 14]),
		bin(s.codeDensity, [0.004, 0.012, 0.025, 0.05, 0.09]),
		bin(s.latexCommands, [1, 3, 6]),
		bin(s.optionLines, [1, 2, 3, 4, 6]),
		bin(s.dialogTurns, [1, 2, 3]),
		bin(s.bracketSlots, [1, 2, 4]),
		bin(s.questionMarks, [1, 2, 3]),
		bin(s.lineBreaks, [1, 2, 4, 8, 16]),
		bin(s.payloadWords / (1 + s.instructionWords), [0.2, 1, 3, 8]),
		bin(s.constraints, [1, 2, 3, 5]),
		bin(s.payloadWords < 8 ? -1 : s.overlap, [0, 0.01, 0.25, 0.5, 0.75]),
	];
	const flags = [
		s.hasCodeFence,
		s.hasJson,
		s.hasTable,
		s.hasMarkup,
		s.hasQuote,
		s.hasFormula,
		s.hasCurrency,
		s.instructionFirst,
		s.instructionLast,
		s.instructionAsks,
		s.instructionColon,
		s.foreignPayload,
		s.instructionAsks && s.payloadWords < 6,
		s.instructionAsks && s.payloadWords > 30,
		s.impliedSteps,
	];
	const out = rows.map((value, i) => i * 8 + value);
	flags.forEach((flag, i) => flag && out.push(rows.length * 8 + i));
	return out;
}

/** Fills `out` with the features of a prompt; the same prompt always gives the same vector. */
export function readFeatures(
	parts: SegmentedPrompt,
	structure: PromptStructure,
	out: FeatureVector,
): void {
	out.length = 0;
	let namespace = 0;
	const begin = (): void => {
		out.starts[namespace] = out.length;
	};
	const end = (): void => {
		const from = out.starts[namespace]!;
		const scale = SCALES[namespace]! / Math.sqrt(Math.max(1, out.length - from));
		out.values.fill(scale, from, out.length);
		namespace++;
	};
	const add = (index: number): void => {
		if (out.length - out.starts[namespace]! < LIMITS[namespace]!) out.indices[out.length++] = index;
	};
	begin();
	for (const flag of structureFlags(structure)) add(flag);
	end();
	const sequence = conceptSequence(parts.instruction);
	begin();
	const seen = new Set<number>();
	for (const c of sequence) if (!seen.has(c) && seen.add(c)) add(bucket(finish(c * 7919 + 11)));
	end();
	begin();
	addConceptPairs(parts.instruction, add);
	end();
	begin();
	addOpening(parts.instruction, add);
	end();
	for (const step of [addWords, addWordPairs, addStems]) {
		begin();
		for (const unit of parts.instruction) step(unit.words, add, 0);
		end();
	}
	begin();
	for (const unit of parts.payload) addWords(unit.words, add, 1);
	end();
	begin();
	const payloadSeen = new Set<number>();
	for (const c of conceptSequence(parts.constraints)) add(bucket(finish(c * 7919 + 8009)));
	for (const c of conceptSequence(parts.payload)) {
		if (!payloadSeen.has(c) && payloadSeen.add(c)) add(bucket(finish(c * 7919 + 5003)));
	}
	end();
	begin();
}

function conceptSequence(units: Unit[]): number[] {
	const out: number[] = [];
	for (const unit of units) for (const hit of unit.hits) out.push(hit.concept);
	return out;
}

function addConceptPairs(units: Unit[], add: (index: number) => void): void {
	for (const unit of units) {
		const { hits } = unit;
		for (let i = 0; i < hits.length; i++) {
			if (i === 0) add(bucket(finish(hits[0]!.concept * 131 + 90_001)));
			for (let j = i + 1; j < hits.length && j <= i + 4; j++) {
				const [a, b] = [hits[i]!.concept, hits[j]!.concept];
				if (a === b) continue;
				add(bucket(finish(Math.imul(a + 1, 65_599) + b * 31 + 77)));
			}
		}
	}
}

function addOpening(units: Unit[], add: (index: number) => void): void {
	const marks = units.length > 1 ? [units[0]!, units[units.length - 1]!] : units;
	marks.forEach((unit, which) => {
		let end = -1;
		for (let n = 0; n < 3; n++) {
			end = unit.words.indexOf(' ', end + 1);
			const stop = end < 0 ? unit.words.length : end;
			add(bucket(hash(unit.words, 0, stop, 0x51ed27 + which * 97)));
			if (end < 0) break;
		}
		for (const hit of unit.hits) {
			if (hit.word > 1) break;
			add(bucket(finish(hit.concept * 271 + 41_011 + which)));
		}
	});
}

function addWords(words: string, add: (index: number) => void, kind: number): void {
	for (let start = 0; start < words.length;) {
		const space = words.indexOf(' ', start);
		const end = space < 0 ? words.length : space;
		add(bucket(hash(words, start, end, 0x811c9d + kind * 7)));
		start = end + 1;
	}
}

function addWordPairs(words: string, add: (index: number) => void): void {
	let start = 0;
	let middle = words.indexOf(' ');
	while (middle >= 0) {
		const next = words.indexOf(' ', middle + 1);
		const end = next < 0 ? words.length : next;
		add(bucket(hash(words, start, end, 0x3c6ef3)));
		start = middle + 1;
		middle = next;
	}
}

function addStems(words: string, add: (index: number) => void): void {
	for (let start = 0; start < words.length;) {
		const space = words.indexOf(' ', start);
		const end = space < 0 ? words.length : space;
		if (end - start > 5) add(bucket(hash(words, start, start + 5, 0x1b873)));
		start = end + 1;
	}
}
