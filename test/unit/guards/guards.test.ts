import { describe, expect, it } from '@jest/globals';
import { askGuards, type GuardName } from '../../../nodes/shared/core/guards/allGuards';
import { align } from '../../../nodes/shared/core/semantic/align';
import { preparePair } from '../../../nodes/shared/core/semantic/prepare';
import { loadWordTables } from '../../../nodes/shared/drivers/tables/embeddingTable';

const { lexicon } = loadWordTables();

function objections(stored: string, asked: string): Array<[GuardName, string]> {
	const { a, b, words } = preparePair(stored, asked, lexicon);
	const alignment = align(a.tokens, b.tokens, words, lexicon);
	return askGuards({ a, b, words, lexicon, alignment }).map(({ guard, reason }) => [guard, reason]);
}

const cases: Array<[GuardName, string, string]> = [
	['numbers', 'Who won the world cup in 2023?', 'Who won the world cup in 2024?'],
	['numbers', 'Give me 3 ideas for a name', 'Give me three hundred ideas for a name'],
	['numbers', 'Population of Lyon from 1990 to 2010', 'Population of Lyon from 2010 to 1990'],
	['numbers', 'Take 10 mg twice a day, is it safe?', 'Take 100 mg twice a day, is it safe?'],
	['units', 'How many minutes are in a leap year?', 'How many weeks are in a leap year?'],
	['units', 'Convertis 5 kilomètres', 'Convertis 5 miles'],
	['dates', 'Is the bank open on Monday?', 'Is the bank open on Tuesday?'],
	['dates', 'Quel temps fera-t-il demain ?', "Quel temps fera-t-il aujourd'hui ?"],
	['currencies', 'What is 10 EUR worth?', 'What is 10 USD worth?'],
	['currencies', 'Le prix est de 12 € par mois', 'Le prix est de 12 $ par mois'],
	['negation', 'Which of these are social networks?', 'Which of these are not social networks?'],
	['negation', 'Puis-je voyager avec un visa ?', 'Puis-je voyager sans un visa ?'],
	['antonyms', 'How do I enable dark mode?', 'How do I disable dark mode?'],
	[
		'antonyms',
		'Parmi ces réponses, laquelle est exacte ?',
		'Parmi ces réponses, laquelle est inexacte ?',
	],
	['antonyms', 'Is it possible to fly there?', 'Is it impossible to fly there?'],
	['antonyms', 'Wie aktiviere ich es, ist das gut?', 'Wie aktiviere ich es, ist das schlecht?'],
	['antonyms', '¿Es mejor comprar ahora?', '¿Es peor comprar ahora?'],
	['target', 'Translate this sentence into French', 'Translate this sentence into English'],
	[
		'target',
		'Write a Python function that sorts a list',
		'Write a Ruby function that sorts a list',
	],
	['target', 'Write a poem about the sea', 'Write a letter about the sea'],
	['entities', 'What is the weather in Paris?', 'What is the weather in Lyon?'],
	['entities', 'Tell US companies the rules', 'Tell us companies the rules'],
	['quotes', 'What does "carpe diem" mean?', 'What does "carpe noctem" mean?'],
	['code', 'What does ls -la print?', 'What does ls -l print?'],
	['code', 'Explain `foo(1, a)` please', 'Explain `foo(2, a)` please'],
	['direction', 'How far is it from Madrid to Oslo?', 'How far is it from Oslo to Madrid?'],
	['direction', 'Is gold heavier than lead?', 'Is lead heavier than gold?'],
	['roles', 'Did Anna call Robert yesterday?', 'Did Robert call Anna yesterday?'],
	['voice', 'Did James own the estate?', 'Was James owned by the estate?'],
	['order', 'Are cats chased when dogs sleep?', 'Are dogs chased when cats sleep?'],
	[
		'order',
		'He learned binding in Paris and typography in Caen',
		'He learned binding in Caen and typography in Paris',
	],
	[
		'scope',
		'Sort the lines from most to least frequent',
		'Sort the lines from least to most frequent',
	],
	['scope', 'May I bring my dog or my cat?', 'May I bring my dog and my cat?'],
	['scope', 'Where do I find my invoice?', 'Where do I find your invoice?'],
	['questionType', 'When was the bridge built?', 'Why was the bridge built?'],
	['substitution', 'How do I cook rice?', 'How do I cook pasta?'],
	['addition', 'Is she an entrepreneur?', 'Is she an official entrepreneur?'],
	['language', 'Quelle est la capitale de ce pays ?', 'What is the capital of this country?'],
	[
		'lengthRatio',
		'Write about the sea',
		'Write about the sea and the wind and the ships and the harbour at dawn',
	],
	[
		'payload',
		'Summarise this text:\n\nThe cat sat on the mat all day.',
		'Summarise this text:\n\nThe dog ran along the road all day.',
	],
];

describe('guards', () => {
	it.each(cases)('%s refuses: %s -> %s', (guard, stored, asked) => {
		expect(objections(stored, asked).map(([name]) => name)).toContain(guard);
	});

	it('say in their reason what became what', () => {
		expect(objections('Who won in 2023?', 'Who won in 2024?')[0]![1]).toBe(
			"number: '2023' became '2024'",
		);
		expect(objections('How do I enable it?', 'How do I disable it?')[0]![1]).toBe(
			"opposite: 'enable' became 'disable'",
		);
	});

	it.each([
		['What is the capital of France?', 'hi, what is the capital of france'],
		['Did Adam keep the house?', 'Was the house kept by Adam?'],
		['Is Jacob married to Steven?', 'Is Steven married to Jacob?'],
		['Is he a historian or a guitarist?', 'Is he a guitarist or a historian?'],
		['It costs 1,000 dollars a year', 'It costs 1000 dollars a year'],
		['In 20 minutes, what can I cook?', 'In twenty minutes, what can I cook?'],
		['How did US president Kennedy die?', 'how did us president kennedy die?'],
		["Je n'ai pas compris la question", 'Je ai pas compris la question'],
	])('stay silent where the same is asked: %s | %s', (stored, asked) => {
		expect(objections(stored, asked)).toEqual([]);
	});

	it('can be switched off one by one', () => {
		const { a, b, words } = preparePair('Who won in 2023?', 'Who won in 2024?', lexicon);
		const pair = { a, b, words, lexicon, alignment: align(a.tokens, b.tokens, words, lexicon) };
		const enabled = new Set<GuardName>(['negation', 'units']);
		expect(askGuards(pair, enabled)).toEqual([]);
	});
});
