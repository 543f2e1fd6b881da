/** Problems made by rule, so that it is known how many steps and conditions each has. */

/** Numbers in [0, 1) that are the same in every run. */
function numbersFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 1103515245 + 12345) & 0x7fffffff;
		return state / 0x80000000;
	};
}

interface Draw {
	pick<T>(list: readonly T[]): T;
	number(): number;
}

function drawFrom(seed: number): Draw {
	const random = numbersFrom(seed);
	return {
		pick: (list) => list[Math.floor(random() * list.length)]!,
		number: () => 2 + Math.floor(random() * 40),
	};
}

/** A word problem in English with that many things that happen, one after the other. */
export function wordProblem(steps: number, seed: number): string {
	const { pick, number } = drawFrom(seed);
	const who = pick(['Tom', 'Lea', 'Sam']);
	const event = (): string =>
		pick([
			`buys ${number()} more`,
			`gives ${number()} to a friend`,
			'loses half of them',
			`finds ${number()} under the bed`,
			'sells a third of what is left',
			`eats ${number()} of them`,
		]);
	const told = Array.from(
		{ length: steps },
		(_, i) => `${i ? 'Then' : 'First'} ${who} ${event()}.`,
	);
	const start = `${who} has ${number()} ${pick(['apples', 'cookies', 'cherries'])}.`;
	return [start, ...told, 'How many are left?'].join(' ');
}

/** The same in French. */
export function frenchWordProblem(steps: number, seed: number): string {
	const { pick, number } = drawFrom(seed);
	const who = pick(['Tom', 'Léa', 'Sami']);
	const event = (): string =>
		pick([
			`en achète ${number()} de plus`,
			`en donne ${number()} à un ami`,
			'en perd la moitié',
			`en trouve ${number()} sous le lit`,
			'vend un tiers de ce qui reste',
			`en mange ${number()}`,
		]);
	const told = Array.from(
		{ length: steps },
		(_, i) => `${i ? 'Ensuite' : "D'abord"}, ${who} ${event()}.`,
	);
	const start = `${who} a ${number()} ${pick(['pommes', 'cerises', 'noix'])}.`;
	return [start, ...told, 'Combien lui en reste-t-il ?'].join(' ');
}

const CONDITIONS = [
	'the customer is new',
	'the order is above $100',
	'the item is on sale',
	'the parcel goes abroad',
	'it is paid by card',
	'the voucher has expired',
	'it is a Sunday',
];

/** A price under rules, each with an exception to the one before. */
export function nestedConditions(depth: number, seed: number): string {
	const { pick, number } = drawFrom(seed);
	const open = [...CONDITIONS];
	let text = 'An order of $80 gets 10% off';
	for (let level = 0; level < depth; level++) {
		const condition = open.splice(open.indexOf(pick(open)), 1)[0]!;
		if (level === 0) text += ` if ${condition}`;
		else if (level % 2) text += `, unless ${condition}`;
		else text += `, in which case it gets ${number()}% off only if ${condition}`;
	}
	return `${text}. What is the final price?`;
}

/** Problems of competition mathematics, written for this test, by level as competitions grade them: 1 to 5. */
export const BY_LEVEL: ReadonlyArray<readonly [level: number, problem: string]> = [
	[1, 'What is 15% of 80?'],
	[1, 'Compute $7 \\times 8 - 6$.'],
	[1, 'What is the value of $3^2 + 4^2$?'],
	[2, 'Solve for $x$: $3x + 7 = 22$.'],
	[2, 'The sides of a rectangle are 5 and 12. What is the length of its diagonal?'],
	[2, 'What is the average of 12, 15, 18 and 23?'],
	[3, 'How many positive divisors does 360 have?'],
	[3, 'A fair coin is tossed 5 times. What is the probability of getting exactly 3 heads?'],
	[3, 'Find the sum of the first 20 terms of the arithmetic sequence $4, 7, 10, \\dots$'],
	[4, 'Let $a$ and $b$ be the roots of $x^2 - 5x + 3 = 0$. Find the value of $a^3 + b^3$.'],
	[4, 'How many three-digit integers have digits that sum to 10 and are divisible by 7?'],
	[
		4,
		'In triangle $ABC$, $AB = 13$, $BC = 14$ and $CA = 15$. Find the length of the altitude from $A$ and the radius of the inscribed circle.',
	],
	[
		5,
		'Find all positive integers $n$ such that $n^2 + 1$ divides $n^3 + 3n + 5$. Justify your answer.',
	],
	[
		5,
		'Let $ABC$ be an acute triangle with orthocenter $H$ and circumcircle $\\Gamma$. The line through $A$ parallel to $BC$ meets $\\Gamma$ again at $D$. Prove that $DH$ passes through the midpoint of $BC$ if and only if $AB = AC$.',
	],
	[
		5,
		'Let $f: \\mathbb{R} \\to \\mathbb{R}$ be a function such that $f(x + f(y)) = f(x) + y$ for all real $x$ and $y$. Determine all such functions and prove that there are no others.',
	],
];
