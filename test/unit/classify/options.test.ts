import { describe, expect, it } from '@jest/globals';
import { classifyPrompt } from '../../../nodes/shared/core/classify/classifyPrompt';
import { normalizePrompt } from '../../../nodes/shared/core/classify/normalize';
import { segmentPrompt } from '../../../nodes/shared/core/classify/segment';
import { loadClassifier } from '../../../nodes/shared/drivers/tables/classifierWeights';

const classifier = loadClassifier();
const segment = (text: string) => segmentPrompt(classifier.lexicon, normalizePrompt(text));
const asked = (text: string): string[] => segment(text).instruction.map((unit) => unit.text.trim());
const classify = (text: string) => classifyPrompt(classifier, text);

describe('a multiple-choice question', () => {
	it.each([
		[
			'lines',
			'A magnet attracts\nA. iron\nB. wood\nC. glass\nD. paper\nAnswer:',
			'a magnet attracts',
		],
		['brackets', 'Which is a metal?\nOptions:\n(A) iron\n(B) wood', 'which is a metal?'],
		['one line', 'Which is a metal?\n\na) iron b) wood c) glass', 'which is a metal?'],
		['one line with points', 'Which is a metal? A. iron B. wood C. glass', 'which is a metal?'],
		[
			'French',
			'Un aimant attire :\nA. le fer\nB. le bois\nC. le verre\nRéponse :',
			'un aimant attire :',
		],
	])('asks its question, not the answers under it: %s', (_form, text, question) => {
		expect(segment(text).isChoice).toBe(true);
		expect(asked(text)).toEqual([question]);
	});

	it.each([
		['parts of a task', 'A curve is given. (a) Find its slope. (b) Prove that it is convex.'],
		['steps', 'Do this:\na) Summarize the text\nb) Translate the summary\nc) List the names'],
		['one letter', 'Grade the essay.\nA. is the best grade'],
		['a letter in a name', 'Who was J. S. Bach? And C. P. E. Bach?'],
	])('is not seen in %s', (_what, text) => {
		expect(segment(text).isChoice).toBe(false);
	});

	it('goes to the large model when it is mathematics, in the same form as one that asks a fact', () => {
		const sum = 'The sum of the digits of 7 * 14 is\nA. 8\nB. 15\nC. 17\nD. 21\nAnswer:';
		const rank = 'What is the rank of a 3 x 3 identity matrix?\nA. 0\nB. 1\nC. 2\nD. 3\nAnswer:';
		const fact =
			'Which river flows through Vienna?\nA. Rhine\nB. Danube\nC. Elbe\nD. Oder\nAnswer:';
		expect([sum, rank, fact].map((text) => classify(text).type)).toEqual([
			'math',
			'math',
			'factual_qa',
		]);
		expect([sum, rank, fact].map((text) => classify(text).tier)).toEqual([
			'large',
			'large',
			'small',
		]);
	});
});

describe('a short riddle', () => {
	it.each([
		'A brick weighs a kilo plus half a brick. How much does it weigh?',
		'Every sister of Paul has as many brothers as sisters. How many children are there?',
		'Une horloge sonne six coups en cinq secondes. Combien de temps pour douze coups ?',
	])('goes to the large model: %s', (text) => {
		expect(classify(text).tier).toBe('large');
	});
});
