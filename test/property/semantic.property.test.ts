import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pairScore } from '../../nodes/shared/core/semantic/pairModel';
import { examinePair, sameAnswer } from '../../nodes/shared/core/semantic/sameAnswer';
import { loadSemanticTables } from '../../nodes/shared/drivers/tables/embeddingTable';

const tables = loadSemanticTables();
const SENTENCES = [
	'What is the longest river in Europe?',
	'Write a short letter to my landlord about the broken heating',
	'Quelle est la différence entre un virus et une bactérie ?',
	'Wie viele Stunden braucht der Zug nach Hamburg?',
	'¿Cómo puedo mejorar mi currículum para un puesto de diseño?',
];
const sentence = fc.constantFrom(...SENTENCES);
const SETTINGS = { numRuns: 150 };

describe('the guarded decision, whatever the texts', () => {
	it('serves a prompt for itself when it has words', () => {
		fc.assert(
			fc.property(sentence, (text) => sameAnswer(text, text, tables).hit),
			SETTINGS,
		);
	});

	it('never serves when a number is another one', () => {
		fc.assert(
			fc.property(sentence, fc.nat(99_999), fc.nat(99_999), (text, x, y) => {
				fc.pre(x !== y);
				return !sameAnswer(
					`${text} Answer in ${x} points.`,
					`${text} Answer in ${y} points.`,
					tables,
				).hit;
			}),
			SETTINGS,
		);
	});

	it('ignores case, spaces and final punctuation', () => {
		const spacing = fc.constantFrom(' ', '  ', '\t');
		fc.assert(
			fc.property(sentence, spacing, fc.boolean(), (text, space, upper) => {
				const other = text.replaceAll(' ', space).replace(/[?.]$/, '');
				return sameAnswer(text, upper ? other.toUpperCase() : other.toLowerCase(), tables).hit;
			}),
			SETTINGS,
		);
	});

	it('never throws, says why, and gives a similarity between -1 and 1', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (a, b) => {
				const { similarity, reasons } = sameAnswer(a, b, tables);
				expect(reasons.length).toBeGreaterThan(0);
				return similarity >= -1 && similarity <= 1;
			}),
			{ numRuns: 400 },
		);
	});

	it('decides alike in both directions on objections of changed words', () => {
		fc.assert(
			fc.property(sentence, sentence, (a, b) => {
				const there = examinePair(a, b, tables).objections.length > 0;
				const back = examinePair(b, a, tables).objections.length > 0;
				return there === back;
			}),
			SETTINGS,
		);
	});

	it('scores pairs as probabilities', () => {
		const features = fc.array(fc.double({ noNaN: true, min: -10, max: 10 }), {
			minLength: tables.pairModel.features.length,
			maxLength: tables.pairModel.features.length,
		});
		fc.assert(
			fc.property(features, (row) => {
				const score = pairScore(tables.pairModel, row);
				return score >= 0 && score <= 1;
			}),
			SETTINGS,
		);
	});
});
