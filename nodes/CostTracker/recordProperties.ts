import type { INodeProperties } from 'n8n-workflow';

const show = { operation: ['record'] };

/** Parameters of operation `record`. */
export const recordProperties: INodeProperties[] = [
	{
		displayName: 'Usage From',
		name: 'usageFrom',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show },
		options: [
			{
				name: 'Item, Else AI Sub-Nodes (Automatic)',
				value: 'auto',
				description:
					'Finds the reply of OpenAI, Anthropic, Gemini, Ollama, OpenRouter and others in the item; where it has none, takes the chat models under the AI nodes before',
			},
			{
				name: 'Field of the Item',
				value: 'field',
				description: 'You name the field that holds the reply',
			},
			{
				name: 'AI Sub-Nodes',
				value: 'subNodes',
				description: 'The chat models under the AI Agents and chains before this node',
			},
		],
		default: 'auto',
		description:
			'Where the token usage is found. Replies, streams and lists of them are understood.',
	},
	{
		displayName: 'Usage Field',
		name: 'usageField',
		type: 'string',
		default: '',
		placeholder: 'e.g. body.response',
		description: 'Path of the field that holds the reply of the provider',
		requiresDataPath: 'single',
		displayOptions: { show: { ...show, usageFrom: ['field'] } },
	},
	{
		displayName: 'Namespace',
		name: 'namespace',
		type: 'string',
		default: '',
		placeholder: 'e.g. acme',
		description:
			'Tenant, team or project to book the call on. Leave empty to use that of Cache Lookup.',
		displayOptions: { show },
	},
	{
		displayName: 'Tags',
		name: 'tags',
		type: 'string',
		default: '',
		placeholder: 'e.g. support, web',
		description: 'Comma-separated names by which reports and budgets can be split',
		displayOptions: { show },
	},
	{
		displayName: 'Prompt Name',
		name: 'promptName',
		type: 'string',
		default: '',
		placeholder: 'e.g. Support answer',
		description:
			'Name under which the prompt stands in the report, and under which its calls are compared',
		displayOptions: { show: { operation: ['record', 'estimate'] } },
	},
];

/** Model and provider for replies that name none, on `record` and `estimate`. */
export const modelProperties: INodeProperties[] = [
	{
		displayName: 'Model',
		name: 'model',
		type: 'string',
		default: '',
		placeholder: 'e.g. gpt-5-mini',
		description: 'Used where the reply or request itself names no model',
		displayOptions: { show: { operation: ['record'] } },
	},
	{
		displayName: 'Provider',
		name: 'provider',
		type: 'string',
		default: '',
		placeholder: 'e.g. openai',
		description: 'Used where the reply does not tell and the name of the model is not enough',
		displayOptions: { show: { operation: ['record', 'estimate'] } },
	},
];
