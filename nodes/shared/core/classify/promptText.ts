import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';

/** A last turn shorter than this says little alone: the turn of the user before it is read too. */
const SHORT_TURN_CHARS = 40;

/**
 * The text that a request asks with: its last user turn, of a prompt, messages, Gemini contents or
 * an OpenAI Responses input. Earlier turns count only where the last one is too short to tell.
 * @returns an empty text where the request holds no text of a user
 */
export function promptText(request: JsonObject): string {
	if (typeof request.prompt === 'string') return request.prompt;
	if (typeof request.input === 'string') return request.input;
	const turns = [request.messages, request.contents, request.input].find(Array.isArray);
	if (!turns) return '';
	const said = turns
		.filter((turn): turn is JsonObject => isJsonObject(turn) && isUser(turn))
		.map((turn) => textOf(turn.content ?? turn.parts ?? turn.text))
		.filter((text) => text !== '');
	const last = said.at(-1) ?? '';
	const before = said.at(-2);
	return before !== undefined && last.length < SHORT_TURN_CHARS ? `${before}\n\n${last}` : last;
}

function isUser({ role, type }: JsonObject): boolean {
	return role === undefined
		? type === undefined || type === 'human'
		: /^(user|human)$/.test(String(role));
}

function textOf(content: Json | undefined): string {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return '';
	return content
		.map((part) => (typeof part === 'string' ? part : isJsonObject(part) ? part.text : ''))
		.filter((text): text is string => typeof text === 'string')
		.join('\n');
}
