import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { textOf } from '../request/requestTexts';

/** One line of what a provider reads, in its order, with the place it stands at. */
export interface OutlineLine {
	/** Such as `tools[0]`, `system`, `messages[1]`. */
	path: string;
	text: string;
}

const mostLines = 400;

/**
 * The request as its provider reads it: tools, then system, then messages (Anthropic, and OpenAI
 * likewise). Only the beginning counts for a prefix, so very long requests are cut.
 */
export function outline(request: JsonObject): OutlineLine[] {
	const lines: OutlineLine[] = [];
	const add = (path: string, text: string): void => {
		if (text === '') return;
		for (const line of text.split('\n')) lines.push({ path, text: line });
	};
	listOf(request.tools).forEach((tool, index) => add(`tools[${index}]`, JSON.stringify(tool)));
	add('system', textOf(request.system ?? request.systemInstruction ?? request.instructions));
	const messages = messagesOf(request);
	messages.list.forEach((message, index) => {
		const content = isJsonObject(message) ? (message.content ?? message.parts) : message;
		add(`${messages.name}[${index}]`, contentText(content));
	});
	if (messages.list.length === 0) add('prompt', textOf(request.prompt ?? request.input));
	return lines.slice(0, mostLines);
}

/** Messages under the name the request gives them. */
export function messagesOf(request: JsonObject): { name: string; list: Json[] } {
	for (const name of ['messages', 'contents', 'input']) {
		const list = request[name];
		if (Array.isArray(list)) return { name, list };
	}
	return { name: 'messages', list: [] };
}

function contentText(content: Json | undefined): string {
	const text = textOf(content);
	return text !== '' || content === undefined || content === null ? text : JSON.stringify(content);
}

function listOf(value: Json | undefined): Json[] {
	return Array.isArray(value) ? value : [];
}
