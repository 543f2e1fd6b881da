import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { plainFields, plainJson } from './plainJson';

/** A generation of a chat model, as a framework hands it over. */
export interface GenerationFacts {
	text: string;
	content: unknown;
	toolCalls: ReadonlyArray<{ id?: string; name: string; args: unknown }>;
	invalidToolCalls: number;
	additional: Record<string, unknown>;
	responseMetadata: Record<string, unknown>;
	generationInfo: Record<string, unknown>;
	usage: Record<string, unknown> | undefined;
	name?: string;
}

/** What is stored of a chat model's answer, and served again. */
export interface ChatRecord {
	text: string;
	finish_reason: string | null;
	message: {
		content: Json;
		tool_calls: Array<{ id: string; name: string; args: Json; type: 'tool_call' }>;
		additional_kwargs: JsonObject;
		response_metadata: JsonObject;
		name?: string;
	};
	/** The provider's usage for the call that was paid. */
	usage: JsonObject | null;
	/** Set where the small model was asked first and its answer did not do: who answered instead, and why. */
	escalated?: { model: string | null; provider: string | null; reasons: string[] };
}

export interface ChatAnswer {
	record: ChatRecord;
	invalidToolCalls: number;
	/** The answer holds an image or audio. */
	media: boolean;
	/** It came in pieces; then only a finish reason tells that it is whole. */
	streamed: boolean;
}

/** Token counts a framework repeats beside the message; `usage` of the record holds them once. */
const REPEATED = new Set(['tokenUsage', 'estimatedTokenUsage']);
const keep = (name: string): boolean => !REPEATED.has(name);

/** Reads the answer of a call; nothing of it refers to the objects given. */
export function readChatAnswer(generation: GenerationFacts, streamed: boolean): ChatAnswer {
	const { generationInfo, responseMetadata, toolCalls, invalidToolCalls } = generation;
	const content = plainJson(generation.content, () => true) ?? '';
	const additional = plainFields(generation.additional, keep);
	return {
		invalidToolCalls,
		streamed,
		media: hasMedia(content) || generation.additional.audio !== undefined,
		record: {
			text: textOf(content) ?? generation.text,
			finish_reason: finishReason(generationInfo, responseMetadata, generation.additional),
			message: {
				content,
				tool_calls: toolCalls.map(({ id, name, args }, index) => ({
					id: id ?? `call_${index}`,
					name,
					args: plainJson(args, () => true) ?? {},
					type: 'tool_call',
				})),
				additional_kwargs: additional,
				response_metadata: plainFields(responseMetadata, keep),
				name: generation.name,
			},
			usage: generation.usage ? plainFields(generation.usage, () => true) : null,
		},
	};
}

/** The answer in the shape of an OpenAI reply, by which it is judged whether it may be stored. */
export function asReply({ record }: ChatAnswer): JsonObject {
	const { content, tool_calls: calls, additional_kwargs: additional } = record.message;
	const message: JsonObject = { role: 'assistant', content, tool_calls: calls };
	const refusal = additional.refusal ?? record.message.response_metadata.refusal;
	if (typeof refusal === 'string') message.refusal = refusal;
	return { choices: [{ message, finish_reason: record.finish_reason }] };
}

/** A record as it comes back from the store; undefined where it is none. */
export function readChatRecord(stored: Json): ChatRecord | undefined {
	if (!isJsonObject(stored) || !isJsonObject(stored.message)) return undefined;
	if (typeof stored.text !== 'string' || !Array.isArray(stored.message.tool_calls))
		return undefined;
	return stored as unknown as ChatRecord;
}

/** As the provider names it; several frameworks put it in several places. */
function finishReason(...places: ReadonlyArray<Record<string, unknown>>): string | null {
	for (const place of places) {
		for (const name of ['finish_reason', 'finishReason', 'stop_reason', 'done_reason']) {
			const value = place[name];
			if (typeof value === 'string' && value !== '') return value;
		}
		const details = place.incomplete_details;
		if (isJsonObject(details) && typeof details.reason === 'string') return details.reason;
		if (place.status === 'incomplete') return 'incomplete';
		if (place.status === 'completed') return 'stop';
		if (place.done === false) return 'unfinished';
	}
	return null;
}

/** What the user reads: some frameworks count the arguments of tool calls as text too. */
function textOf(content: Json): string | undefined {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return undefined;
	return content
		.map((block) => (isJsonObject(block) && typeof block.text === 'string' ? block.text : ''))
		.join('');
}

function hasMedia(content: Json): boolean {
	if (!Array.isArray(content)) return false;
	return content.some(
		(block) =>
			isJsonObject(block) &&
			/image|audio|video|inlineData/i.test(String(block.type ?? Object.keys(block)[0])),
	);
}
