import { statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createFeatureVector } from '../../../nodes/shared/core/classify/features';
import { compileLexicon, findConcepts } from '../../../nodes/shared/core/classify/lexicon';
import { readModel, runModel, writeModel } from '../../../nodes/shared/core/classify/model';
import { LEARNED_TYPE_COUNT } from '../../../nodes/shared/core/classify/taskTypes';
import { loadClassifier } from '../../../nodes/shared/drivers/tables/classifierWeights';

const DATA = 'nodes/shared/data/';

describe('the lexicon', () => {
	const lexicon = compileLexicon(
		[
			'# verbs',
			'v_write en: write, come up with',
			'v_write fr: ecri*',
			'n_code en: code',
			'l_en en: the',
		].join('\n'),
	);
	const found = (words: string) =>
		findConcepts(lexicon, words).map(({ concept, word }) => [lexicon.concepts[concept], word]);

	it('finds words, stems and phrases where they begin', () => {
		expect(found('write the code')).toEqual([
			['v_write', 0],
			['l_en', 1],
			['n_code', 2],
		]);
		expect(found('you come up with code')).toEqual([
			['v_write', 1],
			['n_code', 4],
		]);
		expect(found('ecrivez du code')).toEqual([
			['v_write', 0],
			['n_code', 2],
		]);
	});

	it('does not find a word inside another', () => {
		expect(found('writer codes then')).toEqual([]);
	});

	it('refuses a line it does not understand', () => {
		expect(() => compileLexicon('v_write xx: write')).toThrow('v_write xx');
	});
});

describe('the weights', () => {
	const classifier = loadClassifier();

	it('take at most 3 MB in the package', () => {
		const bytes = ['classifier.weights.bin', 'classifier.lexicon.txt']
			.map((name) => statSync(DATA + name).size)
			.reduce((a, b) => a + b, 0);
		expect(bytes).toBeLessThan(3_000_000);
	});

	it('survive being written and read, but for rounding', () => {
		const { header } = classifier.model;
		const weights = Float32Array.from(
			{ length: (LEARNED_TYPE_COUNT + 1) << header.bucketBits },
			(_, i) => Math.sin(i),
		);
		const read = readModel(writeModel(header, weights));
		expect(read.header).toEqual({ ...header, maxWeight: read.header.maxWeight });
		const error = Math.max(
			...Array.from({ length: 1000 }, (_, i) =>
				Math.abs(read.decoded[read.weights[i]! + 128]! - weights[i]!),
			),
		);
		expect(error).toBeLessThan(0.01);
	});

	it('are refused when the file is another one', () => {
		expect(() => readModel(new Uint8Array([1, 2, 3]))).toThrow('Not a classifier weights file');
		const cut = writeModel(classifier.model.header, new Float32Array(16));
		expect(() => readModel(cut)).toThrow('of another version');
	});

	it('give probabilities that add up to one, even for a prompt without features', () => {
		const { types } = runModel(classifier.model, createFeatureVector());
		expect(types.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
	});
});
