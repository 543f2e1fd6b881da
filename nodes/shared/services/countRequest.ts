import type { Json, JsonObject } from '../core/json';

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => Promise<number>;

/** Tokens that chat formats add to each message (OpenAI cookbook, token counting). */
const tokensPerMessage = 4;

/** Where a request holds what the provider will read; not settings such as the temperature. */
const TEXT_FIELDS = [
	'system',
	'systemInstruction',
	'instructions',
	'messages',
	'contents',
	'input',
	'prompt',
	'tools',
];

/** Tokens of a request of any provider, counted on its texts. */
export async function countRequest(request: JsonObject, countTokens: CountTokens): Promise<number> {
	const lists = [request.messages, request.contents, request.input];
	const messages = lists.find((list) => Array.isArray(list));
	const framing = (Array.isArray(messages) ? messages.length : 1) * tokensPerMessage;
	return (await countTokens(collectTexts(request).join('\n'))) + framing;
}

function collectTexts(request: JsonObject): string[] {
	const texts: string[] = [];
	const walk = (value: Json | undefined): void => {
		if (typeof value === 'string') texts.push(value);
		else if (Array.isArray(value)) value.forEach(walk);
		else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
	};
	for (const name of TEXT_FIELDS) walk(request[name]);
	return texts;
}
