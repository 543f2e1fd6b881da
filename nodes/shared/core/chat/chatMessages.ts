import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { plainJson } from './plainJson';

/** One message of a conversation, as a framework hands it over. */
export interface MessageFacts {
	/** `human`, `ai`, `system`, `tool`, `function`, `developer` or a role of the user's own. */
	type: string;
	content: unknown;
	name?: string;
	toolCallId?: string;
	toolCalls?: ReadonlyArray<{ id?: string; name: string; args: unknown }>;
}

const ROLES: Record<string, string> = {
	human: 'user',
	ai: 'assistant',
	AIMessageChunk: 'assistant',
};

/** Ids that providers make up anew each time, and marks that do not shape the answer. */
const MADE_UP = new Set(['id', 'call_id', 'index', 'cache_control', 'citations', 'annotations']);
const keep = (name: string): boolean => !MADE_UP.has(name);

/** A tool call inside the content repeats what `tool_calls` says, with the provider's own ids. */
const CALL_BLOCKS = ['tool_use', 'tool_call', 'function_call', 'functionCall', 'input_json_delta'];

/**
 * Messages with role and content, as they enter the key: tool-call ids become their ordinals and message ids are
 * dropped, else the second turn of the same conversation would never be a hit.
 */
export function chatMessages(messages: readonly MessageFacts[]): JsonObject[] {
	const ordinals = new Map<string, number>();
	const ordinal = (id: string | undefined): number => {
		const known = id === undefined ? undefined : ordinals.get(id);
		if (known !== undefined) return known;
		ordinals.set(id ?? `unnamed ${ordinals.size}`, ordinals.size);
		return ordinals.size - 1;
	};
	return messages.map((message) => {
		const plain: JsonObject = {
			role: ROLES[message.type] ?? message.type,
			content: contentOf(message.content, ordinal),
		};
		if (message.name) plain.name = message.name;
		if (message.toolCalls?.length) {
			plain.tool_calls = message.toolCalls.map(({ id, name, args }) => ({
				id: ordinal(id),
				name,
				args: plainJson(args, () => true) ?? null,
			}));
		}
		if (message.toolCallId !== undefined) plain.tool_call_id = ordinal(message.toolCallId);
		return plain;
	});
}

function contentOf(content: unknown, ordinal: (id: string) => number): Json {
	if (!Array.isArray(content)) return plainJson(content, keep) ?? '';
	const blocks = content.filter((block) => !isCallBlock(block));
	const [only] = blocks;
	if (blocks.length === 0) return '';
	// One text block says the same as the bare text: providers differ in which they hand over.
	if (blocks.length === 1 && isJsonObject(only) && only.type === 'text') {
		return typeof only.text === 'string' ? only.text : '';
	}
	return blocks.map((block: unknown) => {
		const plain = plainJson(block, keep) ?? '';
		if (isJsonObject(plain) && typeof plain.tool_use_id === 'string') {
			return { ...plain, tool_use_id: ordinal(plain.tool_use_id) };
		}
		return plain;
	});
}

function isCallBlock(block: unknown): boolean {
	return isJsonObject(block) && CALL_BLOCKS.includes(String(block.type));
}
