// Expands the instruction phrases of phrases.<language>.txt into labelled training prompts.
import { readFileSync } from 'node:fs';
import { randomFrom } from './random.mjs';

/** Share of the prompts that get a role, constraints or an instruction format around them. */
const WRAPPED_SHARE = 0.3;

export const LANGUAGES = ['en', 'fr', 'de', 'es'];

const CODE_SNIPPETS = [
	'def total(items):\n    result = 0\n    for item in items:\n        result += item.price\n    return result',
	'function debounce(fn, wait) {\n  let t;\n  return (...args) => {\n    clearTimeout(t);\n    t = setTimeout(() => fn(...args), wait);\n  };\n}',
	'SELECT c.name, COUNT(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.name;',
	'public class Stack {\n  private int[] data = new int[10];\n  private int top = 0;\n  public void push(int x) { data[top++] = x; }\n}',
	'for i in range(len(a)):\n  for j in range(len(a)):\n    if a[i] == a[j] and i != j:\n      print(i, j)',
	'#include <stdio.h>\nint main() {\n  char buf[8];\n  gets(buf);\n  printf("%s", buf);\n}',
	'const [count, setCount] = useState(0);\nuseEffect(() => { setCount(count + 1); });',
	'fn main() {\n    let v = vec![1, 2, 3];\n    let w = v;\n    println!("{:?}", v);\n}',
	'^(?:[a-z0-9]+\\.)*[a-z0-9]+@[a-z0-9-]+\\.[a-z]{2,}$',
	'try:\n    data = json.load(open(path))\nexcept:\n    pass\nprint(data["user"]["name"])',
	'docker run -d -p 80:80 --name web nginx && docker logs -f web',
	'import pandas as pd\ndf = pd.read_csv("sales.csv")\nprint(df.groupby("region").amount.mean())',
];

const DATA_SNIPPETS = [
	'{"name": "Ada", "age": 36, "tags": ["a", "b"]}',
	'[{"id": 1, "city": "Lyon"}, {"id": 2, "city": "Nice"}]',
	'name,price,qty\nbolt,0.12,400\nnut,0.08,250\nwasher,0.02,900',
	'apple, pear, banana, apple, kiwi, pear',
	'zoe\nadam\nmia\nadam\nleo',
	'<items><item id="1">pen</item><item id="2">ink</item></items>',
	'host: localhost\nport: 8080\ndebug: true',
	'2021-03-05, 12/04/2020, 7 Aug 2019',
	'42, 7, 19, 3, 88, 7',
	'| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |',
	'{"a": 1, "b": [1, 2,], }',
	'john smith; 555-0134; boston\nmary jones; 555-0199; austin',
];

const FRAMES = [
	(i, p) => `${i}:\n${p}`,
	(i, p) => `${i}\n\n${p}`,
	(i, p) => `${i}: ${p}`,
	(i, p) => `${p}\n\n${i}`,
	(i, p) => `${i}\n"""\n${p}\n"""`,
	(i, p) => `${i}: "${p}"`,
	(i, p) => `${p}\n---\n${i}`,
	(i, p) => `Text:\n${p}\n\n${i}`,
	(i, p) => `${i}. ${p}`,
	(i, p) => `Context: ${p}\n\n${i}`,
	(i, p) => `${p} ${i}`,
	(i, p) => `${i}\nInput: ${p}\nOutput:`,
	(i, p) => `${i}\n\nInput: ${p}`,
];

/** Reads one phrase file into slot lists and blocks. */
export function readPhrases(url) {
	const slots = {};
	const blocks = [];
	for (const line of readFileSync(url, 'utf8').split('\n')) {
		if (line.startsWith('@')) {
			const space = line.indexOf(' ');
			slots[line.slice(1, space)] = line.slice(space + 1).split(' | ');
		} else if (line.startsWith('## ')) {
			const [task, kind] = line.slice(3).split(' ');
			blocks.push({ task, kind, lines: [] });
		} else if (line !== '' && !line.startsWith('# ')) {
			blocks[blocks.length - 1].lines.push(line);
		}
	}
	return { slots, blocks };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];

/** Splits at the bars of the outermost level. */
function splitChoices(text) {
	const out = [''];
	let depth = 0;
	for (const sign of text) {
		if (sign === '(') depth++;
		if (sign === ')') depth--;
		if (sign === '|' && depth === 0) out.push('');
		else out[out.length - 1] += sign;
	}
	return out;
}

/** Chooses one branch of every `(a|b)`; other parentheses stay. */
function choose(text, random) {
	let out = '';
	for (let i = 0; i < text.length; i++) {
		if (text[i] !== '(') {
			out += text[i];
			continue;
		}
		let end = i;
		for (let depth = 0; end < text.length; end++) {
			if (text[end] === '(') depth++;
			if (text[end] === ')' && --depth === 0) break;
		}
		const branches = splitChoices(text.slice(i + 1, end));
		const chosen = choose(pick(random, branches), random);
		out += branches.length > 1 ? chosen : `(${chosen})`;
		i = end;
	}
	return out;
}

function fill(text, slots, random, sentence) {
	return text.replace(/\{(\w+)\}/g, (whole, name) =>
		name === 's'
			? sentence()
			: slots[name]
				? fill(pick(random, slots[name]), slots, random, sentence)
				: whole,
	);
}

function expand(line, slots, random, sentence) {
	return fill(choose(line, random), slots, random, sentence)
		.replaceAll('\\n', '\n')
		.replace(/ +/g, ' ')
		.replace(/ ([.,!?])(?=\s|$)/g, '$1')
		.trim();
}

/** A role prompt, a list of constraints or an instruction format around some of the prompts. */
function wrap(instruction, slots, random) {
	if (!slots.frame || random() > WRAPPED_SHARE) return instruction;
	if (random() < 0.3)
		return `${instruction.replace(/[.]?$/, '.')} ${pick(random, slots.constraint)}`;
	const frame = pick(random, slots.frame).replaceAll('\\n', '\n');
	return fill(
		frame.replace('{i}', () => instruction),
		slots,
		random,
		() => '',
	);
}

/**
 * Training prompts made of the phrases.
 * @param pools per language: `text`, `sent`, `msg`, lists of strings to paste
 * @param seed each language draws for itself, so that a phrase more in one leaves the others as they were
 * @param perLine how many prompts a line gives at most
 * @returns rows `{ text, task, lang, line }`; `line` names the phrase they come from
 */
export function expandPhrases(folder, pools, seed, perLine) {
	const rows = [];
	for (const [i, lang] of LANGUAGES.entries()) {
		const random = randomFrom(seed + i);
		const { slots, blocks } = readPhrases(new URL(`phrases.${lang}.txt`, folder));
		for (const { task, kind, lines } of blocks) {
			lines.forEach((line, number) => {
				const choices = (line.match(/\|/g)?.length ?? 0) + 4 * (line.match(/\{/g)?.length ?? 0);
				const copies = Math.min(perLine, 2 + Math.ceil(choices / 2));
				for (let copy = 0; copy < copies; copy++) {
					const sentence = () => pick(random, pools[lang].sent);
					const instruction = wrap(expand(line, slots, random, sentence), slots, random);
					let text = instruction;
					if (kind !== 'none' && !line.includes('{s}')) {
						const pool =
							kind === 'code' ? CODE_SNIPPETS : kind === 'data' ? DATA_SNIPPETS : pools[lang][kind];
						text = pick(random, FRAMES)(instruction.replace(/[.:]$/, ''), pick(random, pool));
					}
					rows.push({ text, task, lang, line: `${lang}:${task}:${kind}:${number}` });
				}
			});
		}
	}
	return rows;
}
