import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

/**
 * The parameters that say where the request comes from, the same on Cache Lookup and Cache Store.
 * @param show when the source itself is shown
 */
export function requestProperties(show: IDisplayOptions['show'] = {}): INodeProperties[] {
	const when = (...sources: string[]) => ({
		displayOptions: { show: { ...show, source: sources } },
	});
	return [
		{
			displayName: 'Request From',
			name: 'source',
			type: 'options',
			noDataExpression: true,
			displayOptions: Object.keys(show).length > 0 ? { show } : undefined,
			options: [
				{
					name: 'Item (Automatic)',
					value: 'auto',
					description:
						'Finds the request in the item or its body: a whole OpenAI, Anthropic, Gemini or Ollama request, else messages, prompt, chatInput, text or input',
				},
				{
					name: 'Fields of the Item',
					value: 'fields',
					description: 'You name the fields that hold the request',
				},
				{
					name: 'Define Below',
					value: 'define',
					description: 'You write the prompt, the messages or the whole request, with expressions',
				},
			],
			default: 'auto',
			description:
				'Where the request to the model is found. Everything that shapes the answer becomes part of the key.',
		},
		{
			displayName: 'Request Field',
			name: 'requestField',
			type: 'string',
			default: '',
			placeholder: 'e.g. body.request',
			description:
				'Path of a field with a whole request, or with a list of messages. Leave empty to use the prompt field.',
			requiresDataPath: 'single',
			...when('fields'),
		},
		{
			displayName: 'Prompt Field',
			name: 'promptField',
			type: 'string',
			default: '',
			placeholder: 'e.g. body.question',
			description: 'Path of the field with the prompt',
			requiresDataPath: 'single',
			...when('fields'),
		},
		{
			displayName: 'System Prompt Field',
			name: 'systemField',
			type: 'string',
			default: '',
			placeholder: 'e.g. body.instructions',
			description: 'Path of the field with the system prompt, if there is one',
			requiresDataPath: 'single',
			...when('fields'),
		},
		{
			displayName: 'Prompt',
			name: 'prompt',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			placeholder: 'e.g. Summarise: {{ $json.article }}',
			...when('define'),
		},
		{
			displayName: 'System Prompt',
			name: 'systemPrompt',
			type: 'string',
			typeOptions: { rows: 2 },
			default: '',
			...when('define'),
		},
		{
			displayName: 'Messages',
			name: 'messages',
			type: 'json',
			default: '[]',
			description:
				'A list of messages, instead of the prompt, e.g. [{"role":"user","content":"Hello"}]',
			...when('define'),
		},
		{
			displayName: 'Body',
			name: 'body',
			type: 'json',
			default: '{}',
			description:
				'The whole request as it goes to the provider, e.g. {"model":"gpt-5-mini","messages":[…]}; it wins over prompt and messages',
			...when('define'),
		},
		{
			displayName: 'Model',
			name: 'model',
			type: 'string',
			default: '',
			placeholder: 'e.g. gpt-5-mini',
			description: 'Used where the request itself names no model: another model is another entry',
			displayOptions: Object.keys(show).length > 0 ? { show } : undefined,
		},
		{
			displayName: 'Model Parameters',
			name: 'modelParameters',
			type: 'json',
			default: '{}',
			description:
				'Used where the request itself does not carry them, e.g. {"temperature":0.2}: another temperature is another entry',
			displayOptions: Object.keys(show).length > 0 ? { show } : undefined,
		},
	];
}
