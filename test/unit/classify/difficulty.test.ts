import { describe, expect, it } from '@jest/globals';
import { classifyPrompt } from '../../../nodes/shared/core/classify/classifyPrompt';
import { rankCorrelation } from '../../../scripts/classifier/routing.mjs';
import { BY_LEVEL, frenchWordProblem, nestedConditions, wordProblem } from './gradedProblems';
import { loadClassifier } from '../../../nodes/shared/drivers/tables/classifierWeights';

const classifier = loadClassifier();
const difficulty = (text: string): number => classifyPrompt(classifier, text).difficulty;

/** Prompts of one task, from easy to hard. */
const GRADED: Record<string, readonly string[]> = {
	'steps of a word problem': [
		'Tom has 3 apples and buys 2 more. How many does he have?',
		'Tom has 3 apples, buys 2 more and gives half of the rest to Lea, then eats one. How many are left?',
		'A shop sells pens at 3 for $2. Tom buys 18 pens, pays with a $20 bill, then spends a third of the change on a book and splits the rest with his two sisters. How much does each sister get?',
	],
	'level of mathematics': [
		'Calculate 17 * 24',
		'A train travels 240 km in 3 hours. What is its average speed?',
		'Find the number of ordered pairs of positive integers $(a,b)$ such that $a+b=1000$ and neither $a$ nor $b$ has a zero digit.',
	],
	'people and clues of a puzzle': [
		'Tom is taller than Ann. Who is taller?',
		'Tom is taller than Ann. Ann is taller than Joe. Who is the shortest?',
		'Five friends sit in a row. Tom is left of Ann. Joe is not next to Ann. Lea sits at one end unless Max sits in the middle. If Max sits next to Tom, who can sit at the right end?',
	],
	'demands on code': [
		'Write a function that adds two numbers',
		'Write a Python function that merges two sorted lists without using sort() and removes duplicates',
		'Implement a thread-safe LRU cache in Python with a maximum size, per-entry expiry, O(1) operations and unit tests; do not use external libraries; if the cache is full, evict the least recently used entry unless it is pinned.',
	],
	'steps of a word problem in French': [
		'Léa a 3 billes et en achète 2. Combien en a-t-elle ?',
		'Léa a 3 billes, en achète 2, puis donne la moitié du reste à Tom. Combien lui en reste-t-il ?',
		'Un magasin vend 3 stylos pour 2 euros. Léa en achète 18, paie avec un billet de 20 euros, dépense ensuite un tiers de la monnaie pour un livre, puis partage le reste avec ses deux sœurs. Combien chacune reçoit-elle ?',
	],
	'depth of an explanation': [
		'Explain gravity',
		'Explain how vaccines work and why some need a second dose',
		'Compare the monetary policy transmission mechanisms of the ECB and the Federal Reserve, first historically, then under negative rates, and discuss the implications for emerging markets',
	],
	'constraints on a text': [
		'Write a poem about autumn',
		'Write a poem about autumn. Use exactly three stanzas. Do not use the letter e.',
		'Write a poem about autumn. Use exactly three stanzas. Do not use the letter e. Every second line must rhyme. Include the words river and stone. End with a question.',
	],
};

describe('difficulty', () => {
	it.each(Object.entries(GRADED))('rises with the %s', (_what, prompts) => {
		const figures = prompts.map(difficulty);
		expect(figures).toEqual([...figures].sort((a, b) => a - b));
		expect(new Set(figures).size).toBe(figures.length);
	});

	it.each([
		['number of steps', wordProblem, [1, 2, 3, 4, 5, 6], 0.95],
		['number of steps in French', frenchWordProblem, [1, 2, 3, 4, 5, 6], 0.95],
		['depth of nested conditions', nestedConditions, [0, 1, 2, 3, 4, 5, 6], 0.8],
	] as const)('orders problems by the %s', (_what, make, grades, least) => {
		const problems = grades.flatMap((grade) =>
			Array.from({ length: 20 }, (_, seed) => ({ grade, hard: difficulty(make(grade, seed)) })),
		);
		const mean = (grade: number): number =>
			problems.filter((one) => one.grade === grade).reduce((sum, { hard }) => sum + hard, 0) / 20;
		const means = grades.map(mean);
		expect(means).toEqual([...means].sort((a, b) => a - b));
		const order = rankCorrelation(
			problems.map(({ hard }) => hard),
			problems.map(({ grade }) => grade),
		);
		expect(order).toBeGreaterThan(least);
	});

	it('orders mathematics by competition level', () => {
		const order = rankCorrelation(
			BY_LEVEL.map(([, problem]) => difficulty(problem)),
			BY_LEVEL.map(([level]) => level),
		);
		expect(order).toBeGreaterThan(0.75);
	});

	it('is higher for exam questions that tell more, and for those that ask what is not so', () => {
		const answers = '\nA. it rises\nB. it falls\nC. it stays\nD. it turns\nAnswer:';
		const short = difficulty(`What happens to the current?${answers}`);
		const long = difficulty(
			`Two lamps are joined in series, then each is swapped for one of twice the power. What happens to the current?${answers}`,
		);
		const negated = difficulty(`What does not happen to the current?${answers}`);
		expect(long).toBeGreaterThan(short);
		expect(negated).toBeGreaterThan(short);
	});

	it('is higher for a system to build than for a function with a long example', () => {
		const example =
			'For example, [5, 1, 4, 2, 8, 0, 2, 9, 3, 7] gives [0, 1, 2, 2, 3, 4, 5, 7, 8, 9].';
		const task = 'Write a function that sorts a list of numbers.';
		const withExample = difficulty(`${task} ${example}`);
		const system = difficulty('Write a compiler for a small functional language from scratch.');
		expect(withExample - difficulty(task)).toBeLessThan(0.15);
		expect(system).toBeGreaterThan(difficulty(task) + 0.1);
	});

	it('puts mathematics, logic and code above a translation or a capital', () => {
		const easy = Math.max(
			difficulty('Translate to French: the cat sleeps'),
			difficulty('What is the capital of France?'),
		);
		for (const prompts of Object.values(GRADED).slice(0, 4)) {
			expect(difficulty(prompts.at(-1)!)).toBeGreaterThan(easy + 0.3);
		}
	});

	it('hardly rises with the length of a text that is only worked on', () => {
		const request = 'Summarize the text below.\n\n';
		const sentence = 'The committee met in spring and agreed on the plan. ';
		const short = difficulty(request + sentence.repeat(3));
		expect(difficulty(request + sentence.repeat(15)) - short).toBeLessThan(0.15);
	});
});
