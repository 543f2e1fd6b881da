import { describe, expect, it } from '@jest/globals';
import { sameAnswer } from '../../../nodes/shared/core/semantic/sameAnswer';
import { loadSemanticTables } from '../../../nodes/shared/drivers/tables/embeddingTable';

const tables = loadSemanticTables();
const decide = (stored: string, asked: string) => sameAnswer(stored, asked, tables);

describe('the guarded decision', () => {
	it.each([
		['What is the capital of France?', 'what is the capital of france'],
		['What is the capital of France?', 'WHAT IS THE CAPITAL OF FRANCE'],
		['What is the capital of France?', "Hi there, what's the capital of France? Thanks a lot!"],
		['What is the capital of France?', 'Waht is the captial of France?'],
		['Could you please tell me how tall the tower is?', 'how tall the tower is'],
		[
			'When did they film the second part?',
			'When  did they film the second part ? Thank you so much for your help',
		],
		['Comment préparer une pâte à crêpes légère ?', 'comment preparer une pate a crepes legere'],
		['Bonjour, peux-tu m’aider ? Comment réparer un vélo ?', 'Comment reparer un vélo'],
		[
			'Wie hoch ist der höchste Berg der Alpen?',
			'Guten Tag, wie hoch ist der hochste Berg der Alpen? Danke!',
		],
		['¿Cuántas espinas hay en total?', 'Hola, ¿cuantas espinas hay en total? Muchas gracias'],
		['Who wrote this song?', 'Who sang, no sorry, who wrote this song?'],
	])('serves another spelling of the same request: %s | %s', (stored, asked) => {
		expect(decide(stored, asked)).toMatchObject({ hit: true, how: 'sameWords' });
	});

	it.each([
		['Did Adam keep the house?', 'Was the house kept by Adam?'],
		['Is Jacob married to Steven?', 'Is Steven married to Jacob?'],
		['Is that cat really hiding on the table?', 'Is that cat hiding on the table?'],
		['Es-tu en train de travailler ?', 'Êtes-vous en train de travailler ?'],
		['What is the population of the State of Mon?', 'What is the population of Mon State?'],
	])('serves the same words in another form or order: %s | %s', (stored, asked) => {
		expect(decide(stored, asked)).toMatchObject({ hit: true, how: 'sameContent' });
	});

	it.each([
		['How much does it cost to paint costs?', 'How much does it cost to paint coasts?'],
		['Please enable the alarm', 'Please unable the alarm'],
		['How do you say thank you very much', 'How do you say please'],
		['Translate into German: Thanks!', 'Translate into German: Hello!'],
		['Is he a Polish actor?', 'Is he a polish actor?'],
		['When did France give the U.S. the statue?', 'When did France give us the statue?'],
		['Save it as /tmp/a.txt', 'Save it as /tmp/b.txt'],
		['What are the side effects of nitrate?', 'What are the side effects of nitrite?'],
	])('does not serve what only looks alike: %s | %s', (stored, asked) => {
		expect(decide(stored, asked).hit).toBe(false);
	});

	it('refuses a prompt without words and says so', () => {
		expect(decide('??', 'What is it?')).toMatchObject({
			hit: false,
			reasons: ['a prompt has no words'],
		});
	});

	it('wants the embedder’s threshold for paraphrases, not for the same words', () => {
		const same = sameAnswer('What is a mole?', 'what is a mole', tables, {
			similarity: 0.4,
			threshold: 0.9,
		});
		expect(same).toMatchObject({ hit: true, similarity: 0.4 });
	});

	it('gives at least one reason whatever it decides', () => {
		for (const asked of ['What is a mole', 'What is a vole?', 'Where do moles live in winter?'])
			expect(decide('What is a mole?', asked).reasons.length).toBeGreaterThan(0);
	});
});
