import { NodeConnectionTypes, type IExecuteFunctions } from 'n8n-workflow';

/** What is used of a chat model that n8n attaches. */
export interface AttachedModel {
	invoke(input: string, options: { signal: AbortSignal }): Promise<unknown>;
	model?: unknown;
	modelName?: unknown;
}

/** What a model said; its message tells usage. Without an answer, why there is none. */
export type Said = { text: string; message: unknown } | { error: string };

/** The chat model attached to a node with one such input; undefined where there is none. */
export async function attachedModel(ctx: IExecuteFunctions): Promise<AttachedModel | undefined> {
	const input: unknown = await ctx.getInputConnectionData(NodeConnectionTypes.AiLanguageModel, 0);
	const model: unknown = Array.isArray(input) ? input[0] : input;
	return isAttachedModel(model) ? model : undefined;
}

export const isAttachedModel = (model: unknown): model is AttachedModel =>
	typeof (model as Partial<AttachedModel> | undefined)?.invoke === 'function';

/** Asks a model, and breaks the call off after `timeoutMs`; never throws. */
export async function askModel(
	model: AttachedModel,
	prompt: string,
	timeoutMs: number,
): Promise<Said> {
	const abort = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	try {
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(() => {
				abort.abort();
				reject(new Error(`no answer within ${timeoutMs} ms`));
			}, timeoutMs);
		});
		const message = await Promise.race([model.invoke(prompt, { signal: abort.signal }), late]);
		return { text: textOf(message), message };
	} catch (error) {
		return { error: error instanceof Error ? error.message : String(error) };
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

/** Tokens that a message reports; null where it reports none. */
export function usageOf(message: unknown): { inputTokens: number; outputTokens: number } | null {
	const { usage_metadata: usage } = (message ?? {}) as {
		usage_metadata?: { input_tokens?: unknown; output_tokens?: unknown };
	};
	const { input_tokens: inputTokens, output_tokens: outputTokens } = usage ?? {};
	if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return null;
	return { inputTokens, outputTokens };
}
