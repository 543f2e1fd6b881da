import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';

/** A request split into what the user said last and everything around it. */
export interface SplitRequest {
	/** The user's last text. */
	text: string;
	/** The request with that text taken out: system prompt, earlier turns, tools, model, parameters. */
	frame: JsonObject;
}

const HERE: Json = null;

/**
 * Splits a request at its last user turn. Nearness is only asked of the text; the frame must be equal.
 * Undefined where the last turn is not the user's, or holds more than text.
 */
export function splitLastUserTurn(request: JsonObject): SplitRequest | undefined {
	for (const field of ['messages', 'contents', 'input'] as const) {
		const turns = request[field];
		if (!Array.isArray(turns)) continue;
		const last = turns[turns.length - 1];
		if (!isJsonObject(last) || (last.role !== 'user' && last.role !== undefined)) return undefined;
		const content = last.content ?? last.parts;
		const text = onlyText(content);
		if (text === undefined) return undefined;
		return { text, frame: { ...request, [field]: [...turns.slice(0, -1), HERE] } };
	}
	for (const field of ['prompt', 'input'] as const) {
		const text = request[field];
		if (typeof text === 'string' && text.trim() !== '') {
			return { text, frame: { ...request, [field]: HERE } };
		}
	}
	return undefined;
}

function onlyText(content: Json | undefined): string | undefined {
	if (typeof content === 'string') return content.trim() === '' ? undefined : content;
	if (!Array.isArray(content) || content.length !== 1) return undefined;
	const [block] = content;
	return isJsonObject(block) && typeof block.text === 'string' ? block.text : undefined;
}
