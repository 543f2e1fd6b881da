/** n8n's own chat model sub-nodes, as the end-to-end tests put them before the stand-in provider. */

export type Parameters = Record<string, unknown>;

/** A choice from a list, as n8n writes it. */
export const byId = (value: string): Parameters => ({ __rl: true, mode: 'id', value });

export interface Provider {
	type: string;
	version: number;
	parameters: Parameters;
	credential: string;
	/** Part of the route of its calls at the stand-in. */
	route: string;
}

/** Chat model sub-nodes in versions that n8n 1.123 has too, before the stand-in. */
export const PROVIDERS = {
	'openai chat': {
		type: 'lmChatOpenAi',
		version: 1.2,
		parameters: { model: byId('gpt-4o-mini'), options: { temperature: 0.2 } },
		credential: 'openAiApi',
		route: '/v1/chat/completions',
	},
	'openai responses': {
		type: 'lmChatOpenAi',
		version: 1.3,
		parameters: { model: byId('gpt-4.1-mini'), responsesApiEnabled: true, options: {} },
		credential: 'openAiApi',
		route: '/v1/responses',
	},
	anthropic: {
		type: 'lmChatAnthropic',
		version: 1.3,
		parameters: { model: byId('claude-sonnet-4-5'), options: {} },
		credential: 'anthropicApi',
		route: '/v1/messages',
	},
	gemini: {
		type: 'lmChatGoogleGemini',
		version: 1,
		parameters: { modelName: 'models/gemini-2.5-flash', options: {} },
		credential: 'googlePalmApi',
		route: '/v1beta/models/gemini-2.5-flash:',
	},
	ollama: {
		type: 'lmChatOllama',
		version: 1,
		parameters: { model: 'llama3.2', options: {} },
		credential: 'ollamaApi',
		route: '/api/chat',
	},
	mistral: {
		type: 'lmChatMistralCloud',
		version: 1,
		parameters: { model: 'mistral-small-latest', options: {} },
		credential: 'mistralCloudApi',
		route: '/v1/chat/completions',
	},
} satisfies Record<string, Provider>;

export type ProviderName = keyof typeof PROVIDERS;
