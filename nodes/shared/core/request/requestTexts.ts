import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';

/** The parts of a request that people name: which model, told what, asked what. */
export interface RequestTexts {
	model: string | null;
	system: string;
	/** The last thing the user said. */
	user: string;
}

/** Reads model, system prompt and last user text from an OpenAI, Anthropic, Gemini or Ollama request. */
export function requestTexts(request: JsonObject): RequestTexts {
	const messages = firstArray(request.messages, request.contents, request.input);
	const systems = [textOf(request.system ?? request.systemInstruction ?? request.instructions)];
	let user = textOf(request.prompt ?? (messages ? undefined : request.input));
	for (const message of messages ?? []) {
		if (typeof message === 'string') user = message;
		if (!isJsonObject(message)) continue;
		const text = textOf(message.content ?? message.parts);
		if (message.role === 'system' || message.role === 'developer') systems.push(text);
		else if (message.role === 'user' || message.role === undefined) user = text;
	}
	return {
		model: typeof request.model === 'string' ? request.model : null,
		system: systems.filter((text) => text !== '').join('\n'),
		user,
	};
}

function firstArray(...candidates: Array<Json | undefined>): Json[] | undefined {
	return candidates.find((candidate): candidate is Json[] => Array.isArray(candidate));
}

/** The text of a string, of content blocks, or of Gemini parts; other kinds of content are left out. */
export function textOf(content: Json | undefined): string {
	if (typeof content === 'string') return content;
	if (Array.isArray(content)) return content.map(textOf).filter(Boolean).join('\n');
	if (!isJsonObject(content)) return '';
	if (typeof content.text === 'string') return content.text;
	return Array.isArray(content.parts) ? textOf(content.parts) : '';
}
