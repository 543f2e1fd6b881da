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
