import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classifyPrompt } from '../../nodes/shared/core/classify/classifyPrompt';
import { TASK_TYPES } from '../../nodes/shared/core/classify/taskTypes';
import { loadClassifier } from '../../nodes/shared/drivers/tables/classifierWeights';
import { PROMPTS } from '../unit/classify/prompts';

const classifier = loadClassifier();
const classify = (text: string, costQuality?: number) =>
	classifyPrompt(classifier, text, { costQuality });
const prompt = fc.constantFrom(...PROMPTS.map(({ text }) => text));

const OPENERS = [
	'Please ',
	'please, ',
	'Could you please ',
	'Can you ',
	'Hello, ',
	'Hi! ',
	'Good morning, could you ',
	'Kindly ',
	"I'd like you to ",
	"S'il te plaît, ",
	'S’il vous plaît ',
	'Bonjour, ',
	'Bonjour ! Pourrais-tu ',
	'Peux-tu ',
	'Merci de ',
	'Bitte ',
	'Hallo, kannst du ',
	'Por favor, ',
	'Hola, ¿puedes ',
];
const CLOSERS = [
	' please',
	', please.',
	' Thanks!',
	', thank you in advance.',
	" s'il te plaît",
	' svp',
	', merci.',
	' Merci d’avance !',
	' bitte',
	', danke.',
	', por favor.',
	' Gracias.',
];
const QUOTES = [
	['"', '"'],
	['“', '”'],
	['« ', ' »'],
	["'", "'"],
] as const;

describe('the decision does not depend on', () => {
	it('letter case', () => {
		fc.assert(
			fc.property(prompt, (text) => {
				const asWritten = classify(text);
				expect(classify(text.toUpperCase())).toEqual(asWritten);
				expect(classify(text.toLowerCase())).toEqual(asWritten);
			}),
		);
	});

	it('white space at the ends', () => {
		const space = fc.stringMatching(/^[ \t\r\n]{0,12}$/);
		fc.assert(
			fc.property(prompt, space, space, (text, before, after) => {
				expect(classify(before + text + after)).toEqual(classify(text));
			}),
		);
	});

	it('a polite preamble or a thank you, in four languages', () => {
		fc.assert(
			fc.property(
				prompt,
				fc.array(fc.constantFrom(...OPENERS), { maxLength: 2 }),
				fc.option(fc.constantFrom(...CLOSERS), { nil: '' }),
				(text, openers, closer) => {
					expect(classify(openers.join('') + text + closer)).toEqual(classify(text));
				},
			),
			{ numRuns: 400 },
		);
	});

	it('quotes around the whole prompt', () => {
		fc.assert(
			fc.property(prompt, fc.constantFrom(...QUOTES), (text, [open, close]) => {
				fc.pre(!/["'“”«»’]/.test(text));
				expect(classify(open + text + close)).toEqual(classify(text));
			}),
		);
	});

	it('accents that were left out while typing', () => {
		fc.assert(
			fc.property(prompt, (text) => {
				const bare = text.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
				expect(classify(bare)).toEqual(classify(text));
			}),
		);
	});
});

describe('any text at all', () => {
	const anything = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 300 }),
		fc.string({ unit: 'grapheme', maxLength: 300 }),
		fc.array(prompt, { maxLength: 6 }).map((parts) => parts.join('\n')),
	);

	it('gets a known type, a side, and figures between 0 and 1', () => {
		fc.assert(
			fc.property(anything, (text) => {
				const { type, tier, difficulty, confidence, reasons } = classify(text);
				expect(TASK_TYPES).toContain(type);
				expect(['small', 'large']).toContain(tier);
				for (const figure of [difficulty, confidence]) {
					expect(figure).toBeGreaterThanOrEqual(0);
					expect(figure).toBeLessThanOrEqual(1);
				}
				expect(reasons.length).toBeGreaterThan(0);
			}),
			{ numRuns: 500 },
		);
	});

	it('is decided the same way each time, whatever was classified in between', () => {
		fc.assert(
			fc.property(anything, anything, (text, other) => {
				const first = classify(text);
				classify(other);
				expect(classify(text)).toEqual(first);
			}),
		);
	});

	it('never moves to the small model when quality is turned up', () => {
		const slider = fc.double({ min: 0, max: 1, noNaN: true });
		fc.assert(
			fc.property(anything, slider, slider, (text, a, b) => {
				const [low, high] = a < b ? [a, b] : [b, a];
				if (classify(text, low).tier === 'large') expect(classify(text, high).tier).toBe('large');
			}),
			{ numRuns: 300 },
		);
	});
});
