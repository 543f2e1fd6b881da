import type { JsonObject } from '../json';

/** LangChain's names of model kinds, where they differ from the provider's name in price tables (2026-11). */
const PROVIDER_OF_TYPE: Readonly<Record<string, string>> = {
	'azure-openai': 'azure',
	'chat-anthropic': 'anthropic',
	chat_bedrock_converse: 'aws',
	google: 'google',
	googlegenerativeai: 'google',
	mistral_ai: 'mistral',
	mistralai: 'mistral',
	vertexai: 'google',
};

/** Who a chat request goes to, by the name that price tables know. */
export function providerOf({ provider }: JsonObject): string | undefined {
	return (
		PROVIDER_OF_TYPE[String(provider).toLowerCase()] ??
		(typeof provider === 'string' ? provider : undefined)
	);
}
