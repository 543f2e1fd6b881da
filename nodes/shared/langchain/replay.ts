import type { ChatRecord } from '../core/chat/chatAnswer';
import { streamPieces } from '../core/chat/streamPieces';
import type { ChatResult, GenerationChunk } from './chatModelShape';
import type { HostClasses } from './hostClasses';

/** A served answer costs no token: counters that add up messages must not count it again. */
const NO_USAGE = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
const NO_TOKENS = { promptTokens: 0, completionTokens: 0, totalTokens: 0 };

/** The stored answer as a chat model would give it. */
export function replayWhole(record: ChatRecord, { AIMessage }: HostClasses): ChatResult {
	const { message, text, finish_reason: finishReason } = record;
	return {
		generations: [
			{
				text,
				message: new AIMessage({
					...message,
					content: message.content,
					usage_metadata: { ...NO_USAGE },
					response_metadata: metadataOf(record),
				}),
				generationInfo: finishReason === null ? {} : { finish_reason: finishReason },
			},
		],
		llmOutput: { tokenUsage: { ...NO_TOKENS } },
	};
}

/**
 * An answer as a chat model would stream it: a few words at a time, then tool calls, finish reason and usage.
 * @param isServed whether it comes from the cache; else it was just paid, and held back until it was whole
 */
export function replayStream(
	record: ChatRecord,
	host: HostClasses,
	isServed: boolean,
): GenerationChunk[] {
	const { AIMessageChunk, ChatGenerationChunk } = host;
	const chunk = (
		text: string,
		fields: Record<string, unknown> = {},
		generationInfo: Record<string, unknown> = {},
	): GenerationChunk =>
		new ChatGenerationChunk({
			text,
			message: new AIMessageChunk({ content: text, ...fields }),
			generationInfo,
		});
	const { message, finish_reason: finishReason } = record;
	const calls = message.tool_calls.map(({ id, name, args }, index) => ({
		type: 'tool_call_chunk',
		index,
		id,
		name,
		args: JSON.stringify(args),
	}));
	const last = chunk(
		'',
		{
			tool_call_chunks: calls,
			additional_kwargs: message.additional_kwargs,
			response_metadata: isServed ? metadataOf(record) : message.response_metadata,
			usage_metadata: isServed ? { ...NO_USAGE } : (record.usage ?? undefined),
		},
		finishReason === null ? {} : { finish_reason: finishReason },
	);
	return [...streamPieces(record.text).map((piece) => chunk(piece)), last];
}

/** What the provider said, marked as served from the cache, with the usage that was paid once. */
function metadataOf({ message, usage }: ChatRecord): Record<string, unknown> {
	const { usage: _usage, tokenUsage: _tokens, ...rest } = message.response_metadata;
	return { ...rest, prompt_cache: { hit: true, paid_usage: usage } };
}
