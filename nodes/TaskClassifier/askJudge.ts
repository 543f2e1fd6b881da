import type { IExecuteFunctions } from 'n8n-workflow';
import { judgePrompt, readJudgement } from '../shared/core/classify/judge';
import type { TaskType } from '../shared/core/classify/taskTypes';
import { ConfigError } from '../shared/core/errors';
import { askModel, attachedModel, usageOf, type AttachedModel } from '../shared/n8n/attachedModel';

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
	const model = await attachedModel(ctx);
	if (!model) {
		throw new ConfigError(
			'No chat model is attached as judge',
			'Mode',
			'Connect a chat model to the Judge input, or choose "Built-In".',
		);
	}
	return (text, labels, timeoutMs) => ask(model, text, labels, timeoutMs);
}

async function ask(
	model: AttachedModel,
	text: string,
	labels: readonly TaskType[] | undefined,
	timeoutMs: number,
): Promise<Judgement> {
	const allowed = labels && labels.length > 0 ? labels : undefined;
	const said = await askModel(model, judgePrompt(text, allowed), timeoutMs);
	if ('error' in said) return { type: null, usage: null, error: said.error };
	const type = readJudgement(said.text, allowed);
	const usage = usageOf(said.message);
	const error = `its answer names no allowed task: "${said.text.slice(0, 60)}"`;
	return type === null ? { type, usage, error } : { type, usage };
}
