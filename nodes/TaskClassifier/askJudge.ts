import { NodeConnectionTypes, type IExecuteFunctions } from 'n8n-workflow';
import { judgePrompt, readJudgement } from '../shared/core/classify/judge';
import type { TaskType } from '../shared/core/classify/taskTypes';
import { ConfigError } from '../shared/core/errors';

/** What is used of a chat model that n8n attaches. */
interface ChatModel {
	invoke(input: string, options: { signal: AbortSignal }): Promise<unknown>;
}

/** What a judge said and what that cost; usage is null where the model reports none. */
export interface Judgement {
	type: TaskType | null;
	usage: { inputTokens: number; outputTokens: number } | null;
	/** Why there is no type. */
	error?: string;
}

export type Judge = (
	text: string,
	labels: readonly TaskType[] | undefined,
	timeoutMs: number,
) => Promise<Judgement>;

/**
 * The attached chat model as a judge; undefined in built-in mode.
 * @throws ConfigError when mode is judge and no model is attached
 */
export async function connectJudge(ctx: IExecuteFunctions): Promise<Judge | undefined> {
	if (ctx.getNodeParameter('mode', 0, 'builtIn') !== 'judge') return undefined;
	const input = await ctx.getInputConnectionData(NodeConnectionTypes.AiLanguageModel, 0);
	const model = (Array.isArray(input) ? input[0] : input) as ChatModel | undefined;
	if (typeof model?.invoke !== 'function') {
		throw new ConfigError(
			'No chat model is attached as judge',
			'Mode',
			'Connect a chat model to the Judge input, or choose "Built-In".',
		);
	}
	return (text, labels, timeoutMs) => ask(model, text, labels, timeoutMs);
}

async function ask(
	model: ChatModel,
	text: string,
	labels: readonly TaskType[] | undefined,
	timeoutMs: number,
): Promise<Judgement> {
	const allowed = labels && labels.length > 0 ? labels : undefined;
	const abort = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	try {
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(() => {
				abort.abort();
				reject(new Error(`no answer within ${timeoutMs} ms`));
			}, timeoutMs);
		});
		const call = model.invoke(judgePrompt(text, allowed), { signal: abort.signal });
		const message = await Promise.race([call, late]);
		const said = textOf(message);
		const type = readJudgement(said, allowed);
		const usage = usageOf(message);
		return type === null
			? { type, usage, error: `its answer names no allowed task: "${said.slice(0, 60)}"` }
			: { type, usage };
	} catch (error) {
		return {
			type: null,
			usage: null,
			error: error instanceof Error ? error.message : String(error),
		};
	} finally {
		clearTimeout(timer);
	}
}

function textOf(message: unknown): string {
	const { content } = (message ?? {}) as { content?: unknown };
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return typeof message === 'string' ? message : '';
	return content
		.map((part: unknown) => (part as { text?: unknown } | null)?.text)
		.filter((text) => typeof text === 'string')
		.join('');
}

function usageOf(message: unknown): Judgement['usage'] {
	const { usage_metadata: usage } = (message ?? {}) as {
		usage_metadata?: { input_tokens?: unknown; output_tokens?: unknown };
	};
	const { input_tokens: inputTokens, output_tokens: outputTokens } = usage ?? {};
	if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return null;
	return { inputTokens, outputTokens };
}
