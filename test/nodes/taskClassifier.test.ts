import { describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { TaskClassifier } from '../../nodes/TaskClassifier/TaskClassifier.node';
import { nodeContext } from '../support/nodeContext';

/** A chat model of the test's own: it counts its calls and answers as told. */
interface TestModel {
	asked: string[];
	invoke(input: string, options: { signal: AbortSignal }): Promise<unknown>;
}

function chatModel(answer: (input: string, signal: AbortSignal) => Promise<unknown>): TestModel {
	const asked: string[] = [];
	return {
		asked,
		invoke: (input, { signal }) => {
			asked.push(input);
			return answer(input, signal);
		},
	};
}

const says = (content: string) =>
	chatModel(async () => ({ content, usage_metadata: { input_tokens: 210, output_tokens: 2 } }));

async function run(
	jsons: IDataObject[],
	parameters: Record<string, unknown> = {},
	setup: { model?: TestModel; continueOnFail?: boolean } = {},
) {
	const context = nodeContext({
		items: jsons.map((json): INodeExecutionData => ({ json })),
		parameters: { source: 'auto', mode: 'builtIn', costQuality: 0.5, ...parameters },
		continueOnFail: setup.continueOnFail,
	});
	Object.assign(context, { getInputConnectionData: async () => setup.model });
	const [small, large] = await new TaskClassifier().execute.call(context);
	return { small: small!, large: large! };
}

const TRANSLATE = 'Translate to French: the cat sleeps';
const ESSAY = 'Write an essay about the history of tea';
/** The built-in decision knows nothing of this one. */
const UNKNOWN = 'Paris';
const taskOf = (item: INodeExecutionData | undefined) => item?.json.task as IDataObject;

describe('Task Classifier', () => {
	it('sends each item to its side, keeps its fields and its pairing', async () => {
		const { small, large } = await run([
			{ chatInput: ESSAY, ticket: 7 },
			{ chatInput: TRANSLATE, ticket: 8 },
		]);
		expect(small.map(({ json, pairedItem }) => [json.ticket, pairedItem])).toEqual([
			[8, { item: 1 }],
		]);
		expect(large.map(({ json, pairedItem }) => [json.ticket, pairedItem])).toEqual([
			[7, { item: 0 }],
		]);
		expect(taskOf(small[0])).toMatchObject({
			type: 'translation',
			tier: 'small',
			language: 'en',
			reasons: ['asks for a translation'],
		});
		expect(taskOf(large[0])).toMatchObject({ type: 'long_form', tier: 'large' });
		expect(taskOf(large[0])!.classifyMs).toEqual(expect.any(Number));
	});

	it('reads a whole chat request from the body of a webhook', async () => {
		const body = { model: 'gpt-5', messages: [{ role: 'user', content: TRANSLATE }] };
		const { small } = await run([{ body }]);
		expect(taskOf(small[0])!.type).toBe('translation');
	});

	it('answers an empty prompt, but not an item without one', async () => {
		const { large } = await run([{ chatInput: '' }]);
		expect(taskOf(large[0])!.type).toBe('other');
		await expect(run([{ ticket: 7 }])).rejects.toThrow(/No request was found.*\[item 0\]/);
	});

	it('goes on with the other items when told to continue on failure', async () => {
		const { small, large } = await run(
			[{ ticket: 7 }, { chatInput: TRANSLATE }],
			{},
			{ continueOnFail: true },
		);
		expect(small).toHaveLength(1);
		expect(large[0]!.json.error).toMatch('No request was found');
		expect(large[0]!.pairedItem).toEqual({ item: 0 });
	});

	it('obeys the slider, the rules and the token limit', async () => {
		const cheapest = await run([{ prompt: ESSAY }], { costQuality: 0 });
		expect(cheapest.small).toHaveLength(1);
		const rule = { when: 'pattern', pattern: 'cat', side: 'large' };
		const ruled = await run([{ prompt: TRANSLATE }], { rules: { rule: [rule] } });
		expect(taskOf(ruled.large[0])!.reasons).toContain('rule 1: the prompt matches "cat"');
		const limited = await run([{ prompt: TRANSLATE }], { options: { maxSmallModelTokens: 5 } });
		expect(limited.large).toHaveLength(1);
	});

	it.each([
		['Cost or Quality', { costQuality: 'much' }],
		['Rules', { rules: { rule: [{ when: 'pattern', pattern: '(', side: 'large' }] } }],
		['Allowed Task Types', { options: { labels: ['cooking'] } }],
	])('names the parameter %s when it cannot be used', async (name, parameters) => {
		await expect(run([{ prompt: TRANSLATE }], parameters)).rejects.toThrow(`[parameter "${name}"]`);
	});
});

describe('Task Classifier with a judge', () => {
	const judged = { mode: 'judge' };

	it('asks only for prompts that it is unsure of, and reports what that cost', async () => {
		const model = says('factual_qa');
		const { small } = await run([{ prompt: TRANSLATE }, { prompt: UNKNOWN }], judged, { model });
		expect(model.asked).toHaveLength(1);
		expect(model.asked[0]).toContain(UNKNOWN);
		expect(taskOf(small[0])!.judge).toBeUndefined();
		expect(taskOf(small[1])).toMatchObject({
			type: 'factual_qa',
			tier: 'small',
			judge: { type: 'factual_qa', usage: { inputTokens: 210, outputTokens: 2 } },
		});
	});

	it('does not spend a call on an empty prompt', async () => {
		const model = says('chat');
		await run([{ prompt: ' ' }], judged, { model });
		expect(model.asked).toEqual([]);
	});

	it('keeps the built-in decision when the answer is no label, and still reports the cost', async () => {
		const { large } = await run([{ prompt: UNKNOWN }], judged, { model: says('It depends.') });
		expect(taskOf(large[0])).toMatchObject({
			type: 'other',
			judge: { type: null, usage: { inputTokens: 210, outputTokens: 2 } },
		});
		expect((taskOf(large[0])!.reasons as string[]).at(-1)).toMatch('names no allowed task');
	});

	it('keeps the built-in decision when the model fails', async () => {
		const model = chatModel(async () => {
			throw new Error('connect ECONNREFUSED');
		});
		const { large } = await run([{ prompt: UNKNOWN }], judged, { model });
		expect(taskOf(large[0])).toMatchObject({
			type: 'other',
			judge: { error: 'connect ECONNREFUSED' },
		});
	});

	it('gives a silent model up after the timeout and tells it to stop', async () => {
		let stopped = false;
		const model = chatModel(
			(_input, signal) =>
				new Promise(() => {
					signal.addEventListener('abort', () => (stopped = true));
				}),
		);
		const options = { judgeTimeoutMs: 20 };
		const { large } = await run([{ prompt: UNKNOWN }], { ...judged, options }, { model });
		expect(taskOf(large[0])).toMatchObject({ judge: { error: 'no answer within 20 ms' } });
		expect(stopped).toBe(true);
	});

	it('says what to do when no model is attached', async () => {
		await expect(run([{ prompt: TRANSLATE }], judged)).rejects.toThrow(
			'No chat model is attached as judge [parameter "Mode"]',
		);
	});
});

describe('Task Classifier, operation Check Answer', () => {
	async function check(
		replies: IDataObject[],
		parameters: Record<string, unknown> = {},
		setup: { asked?: IDataObject[]; checked?: IDataObject[]; continueOnFail?: boolean } = {},
	) {
		const { asked, checked, continueOnFail } = setup;
		const context = nodeContext({
			items: replies.map((json): INodeExecutionData => ({ json })),
			parameters: { operation: 'checkAnswer', ...parameters },
			continueOnFail,
			upstream: asked?.map((json) => ({ json })),
			upstreamType: 'taskClassifier',
		});
		if (checked) {
			const type = 'x.taskClassifier';
			const nodes = { Check: checked, Classifier: asked ?? [] };
			Object.assign(context, {
				getParentNodes: () => [
					{ name: 'Check', type, parameters: { operation: 'checkAnswer' } },
					{ name: 'Classifier', type, parameters: { operation: 'classify' } },
				],
				getWorkflowDataProxy: (index: number) => ({
					$: (name: keyof typeof nodes) => ({ item: { json: nodes[name][index] } }),
				}),
			});
		}
		const [accepted, escalated] = await new TaskClassifier().execute.call(context);
		return { accepted: accepted!, escalated: escalated! };
	}

	const ollama = (content: string, more: IDataObject = {}): IDataObject => ({
		model: 'llama3.2',
		message: { role: 'assistant', content },
		done: true,
		done_reason: 'stop',
		...more,
	});
	const reasonsOf = ({ escalated }: { escalated: INodeExecutionData[] }) =>
		escalated.map(({ json }) => (json.check as IDataObject).reasons);

	it('accepts a good answer, keeps the item and its pairing, and says why another is not', async () => {
		const { accepted, escalated } = await check([
			ollama('I do not know.', { cost: { usd: 0 } }),
			ollama('Guten Abend', { ticket: 8 }),
		]);
		expect(accepted).toEqual([
			{
				json: {
					...ollama('Guten Abend', { ticket: 8 }),
					check: { accepted: true, reasons: [], value: 'Guten Abend' },
				},
				pairedItem: { item: 1 },
			},
		]);
		expect(escalated[0]).toMatchObject({
			json: {
				cost: { usd: 0 },
				check: { accepted: false, reasons: ['the model says that it does not know'] },
			},
			pairedItem: { item: 0 },
		});
	});

	it.each([
		['an answer that was cut', ollama('The first', { done_reason: 'length' }), /ended early/],
		['an empty answer', ollama(' '), /empty/],
		['a failed call', { error: { message: 'connect ECONNREFUSED' } }, /failed: connect/],
		['an HTTP status', { statusCode: 503, body: 'busy' }, /failed: it answered 503/],
		[
			"OpenAI's refusal",
			{ choices: [{ message: { content: null, refusal: 'No.' }, finish_reason: 'stop' }] },
			/refused/,
		],
	])('sends %s to the large model', async (_what, reply, why) => {
		const checked = await check([reply]);
		expect(checked.accepted).toEqual([]);
		expect(reasonsOf(checked)).toEqual([[expect.stringMatching(why)]]);
	});

	it('takes a chain or an agent as well as a whole reply, or what the field Answer gives', async () => {
		expect((await check([{ text: 'yes' }, { output: 'yes' }])).accepted).toHaveLength(2);
		const { escalated } = await check([{ text: 'yes' }], { answer: "I'm not sure." });
		expect(escalated).toHaveLength(1);
	});

	it.each([
		['one of the labels', { labels: 'billing, technical' }, '"Billing".', 'Billing or both'],
		['JSON', { json: 'always' }, '{"a": 1}', '{"a": 1'],
		['of the schema', { schema: '{"required":["total"]}' }, '{"total": 3}', '{"sum": 3}'],
		['of the pattern', { pattern: '^\\d{4}-\\d{2}$' }, '2026-11', 'in November'],
		['long enough', { minLength: 4 }, 'four', 'two'],
		['short enough', { maxLength: 4 }, 'four', 'seven'],
	])('accepts only an answer that is %s', async (_what, checks, good, bad) => {
		const { accepted, escalated } = await check([ollama(good), ollama(bad)], { checks });
		expect(accepted.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
		expect(escalated.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
	});

	it.each([
		[
			'OpenAI',
			(logprob: number) => ({
				choices: [
					{
						message: { content: 'May' },
						finish_reason: 'stop',
						logprobs: { content: [{ token: 'May', logprob }] },
					},
				],
			}),
		],
		['Ollama', (logprob: number) => ollama('May', { logprobs: [{ token: 'May', logprob }] })],
		[
			'Gemini',
			(logprob: number) => ({
				candidates: [{ content: { parts: [{ text: 'May' }] }, avgLogprobs: logprob }],
			}),
		],
	])('judges by the log-probabilities that %s tells', async (_provider, reply) => {
		const checks = { minMeanLogProb: -0.8 };
		const checked = await check([reply(-0.1), reply(-1.7)], { checks });
		expect(checked.accepted).toHaveLength(1);
		expect(reasonsOf(checked)).toEqual([['the model was unsure of its words (-1.70 per token)']]);
	});

	it('asks for JSON where the request behind the item did, with its schema', async () => {
		const format = { type: 'object', required: ['total'] };
		const body = (more: IDataObject) => ({
			body: { model: 'm', messages: [{ role: 'user', content: 'How much?' }], ...more },
		});
		const asked = [body({ format }), body({ format }), body({})];
		const replies = [ollama('{"total": 3}'), ollama('three'), ollama('three')];
		const checked = await check(replies, {}, { asked });
		expect(checked.accepted.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 2 },
		]);
		expect(reasonsOf(checked)).toEqual([['the answer is not JSON']]);
		const unchecked = await check(replies, { checks: { json: 'never' } }, { asked });
		expect(unchecked.accepted).toHaveLength(3);
	});

	it('asks the classifier for the request, also where another check of answers lies in between', async () => {
		const messages = [{ role: 'user', content: 'How much?' }];
		const asked = [{ body: { model: 'm', messages, format: 'json' } }];
		const refused = [{ text: 'three', check: { accepted: false } }];
		const checked = await check([ollama('three')], {}, { asked, checked: refused });
		expect(reasonsOf(checked)).toEqual([['the answer is not JSON']]);
	});

	it.each([
		['Match This Pattern', { pattern: '(' }],
		['JSON Schema', { schema: '{"type": "nothing"}' }],
		['Be at Least This Long', { minLength: 'long' }],
	])('names the check %s when it cannot be used', async (name, checks) => {
		await expect(check([ollama('yes')], { checks })).rejects.toThrow(`[parameter "${name}"]`);
		const { escalated } = await check([ollama('yes')], { checks }, { continueOnFail: true });
		expect(escalated[0]!.json.error).toMatch(name);
	});
});
