import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { cacheProperties } from '../shared/n8n/cacheProperties';
import { servingOptions } from './servingOptions';
import { webhooks } from './webhooks';

export const description: INodeTypeDescription = {
	displayName: 'LLM Endpoint Trigger',
	name: 'llmEndpointTrigger',
	icon: { light: 'file:llmEndpointTrigger.svg', dark: 'file:llmEndpointTrigger.dark.svg' },
	group: ['trigger'],
	version: [1],
	subtitle: '={{$parameter["protocol"] + " by " + $parameter["listen"]}}',
	description:
		'Be the OpenAI or Anthropic API for your programs: a known request is answered from the cache at once, only a new one runs the workflow',
	defaults: { name: 'LLM Endpoint Trigger' },
	eventTriggerDescription: 'Waiting for a model request',
	activationMessage: 'Programs can send their model requests to this endpoint now.',
	inputs: [],
	outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
	outputNames: ['Miss', 'Recorded Hit'],
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
		},
	],
	webhooks,
	properties: [
		{
			displayName: 'Listen',
			name: 'listen',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Webhook',
					value: 'webhook',
					description: "On n8n's own URL: nothing to open, works wherever n8n is reached",
				},
				{
					name: 'Port',
					value: 'port',
					description:
						'On a port of its own: many times faster, and n8n itself need not be reached by clients',
				},
			],
			default: 'webhook',
			description: 'How clients reach the endpoint',
		},
		{
			displayName: 'Protocol',
			name: 'protocol',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Anthropic',
					value: 'anthropic',
					description: 'POST …/v1/messages and GET …/v1/models',
				},
				{
					name: 'JSON',
					value: 'json',
					description:
						'POST of any JSON object: the answer is the item with which the workflow ends',
				},
				{
					name: 'OpenAI',
					value: 'openAi',
					description: 'POST …/v1/chat/completions and …/v1/embeddings, GET …/v1/models',
				},
			],
			default: 'openAi',
			description:
				'What clients speak. Clients of OpenAI take "…/v1" as base URL, those of Anthropic the address without it.',
		},
		{
			displayName: 'Path',
			name: 'path',
			type: 'string',
			default: 'llm',
			required: true,
			placeholder: 'e.g. team-a/llm',
			description:
				'First part of the path; the protocol adds its own, such as /v1/chat/completions',
		},
		{
			displayName: 'Address',
			name: 'address',
			type: 'string',
			default: '127.0.0.1',
			required: true,
			description:
				'Network address to listen on. 127.0.0.1 is this machine alone, 0.0.0.0 all its networks (needed in a container).',
			displayOptions: { show: { listen: ['port'] } },
		},
		{
			displayName: 'Port',
			name: 'port',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 65535 },
			default: 8787,
			required: true,
			description: 'Several workflows may share one, on different paths',
			displayOptions: { show: { listen: ['port'] } },
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Keys',
					value: 'keys',
					description: 'Clients send a key, as they would to the provider',
				},
				{
					name: 'None',
					value: 'none',
					description: 'Whoever reaches the endpoint is answered, web pages excepted',
				},
			],
			default: 'keys',
		},
		{
			displayName: 'Keys',
			name: 'keys',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add key',
			default: {},
			displayOptions: { show: { authentication: ['keys'] } },
			description: 'Who may ask. Each key has a namespace: two namespaces never share an answer.',
			options: [
				{
					displayName: 'Key',
					name: 'key',
					values: [
						{
							displayName: 'Key',
							name: 'key',
							type: 'string',
							typeOptions: { password: true },
							default: '',
							description:
								'The key itself, or "sha256:" and its SHA-256 in hex, so that the workflow does not hold it',
						},
						{
							displayName: 'Name',
							name: 'name',
							type: 'string',
							default: '',
							placeholder: 'e.g. Support team',
							description: 'Who uses it; the workflow sees it as endpoint.caller',
						},
						{
							displayName: 'Namespace',
							name: 'namespace',
							type: 'string',
							default: 'default',
							description: 'Tenant, team or project of this key',
						},
						{
							displayName: 'Requests per Minute',
							name: 'requestsPerMinute',
							type: 'number',
							typeOptions: { minValue: 0 },
							default: 0,
							description: 'More are refused with status 429. 0 means no limit.',
						},
						{
							displayName: 'Spending Limit (USD)',
							name: 'budgetUsd',
							type: 'number',
							typeOptions: { minValue: 0, numberPrecision: 6 },
							default: 0,
							description:
								"Budget: what the calls of this key's namespace may cost in the period, in US dollars. Once it is spent, only cached answers are given. Calls of a model without a known price count as 0. 0 means no limit.",
						},
						{
							displayName: 'Spending Period',
							name: 'budgetPeriod',
							type: 'options',
							options: [
								{ name: 'Day', value: 'day', description: 'Begins at midnight UTC' },
								{
									name: 'Month',
									value: 'month',
									description: 'Begins on the first of the month, UTC',
								},
							],
							default: 'month',
							description: 'How long a budget lasts before it is whole again',
						},
					],
				},
			],
		},
		{
			...cacheProperties.namespace,
			displayOptions: { show: { authentication: ['none'] } },
		},
		backendProperty,
		{
			displayName: 'Models',
			name: 'models',
			type: 'string',
			default: '',
			placeholder: 'e.g. small, large',
			description: 'Names that GET …/v1/models lists, separated by commas',
			displayOptions: { show: { protocol: ['openAi', 'anthropic'] } },
		},
		{
			displayName: 'Store Answers',
			name: 'storeAnswers',
			type: 'boolean',
			default: true,
			description:
				'Whether to keep the answer with which the workflow ends. Refusals, errors and cut answers are never kept. A Cache Store in the workflow does it instead.',
		},
		{
			displayName: 'Lifetime (Seconds)',
			name: 'ttlSeconds',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 3600,
			description: 'How long an answer is fresh',
			displayOptions: { show: { storeAnswers: [true] } },
		},
		{
			displayName: 'Grace Period (Seconds)',
			name: 'graceSeconds',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 86400,
			description:
				'How much longer it is kept, for requests that accept a stale answer (Cache-Control: stale-while-revalidate)',
			displayOptions: { show: { storeAnswers: [true] } },
		},
		{
			displayName:
				'Connect the nodes that ask a model. The item of the last node becomes the answer: a provider\'s raw reply, the output of an AI Agent or chain, or a field "answer". An AI Agent streams word by word if the client wants that, and is stopped when the client goes away; without AI nodes the workflow runs to its end and the answer is kept.',
			name: 'answerNotice',
			type: 'notice',
			default: '',
		},
		servingOptions,
		{
			// n8n reads and parses bodies before a node sees them, and answers broken ones in its own way,
			// unless this is set: then the body is read here, within this node's limits.
			displayName: 'Options',
			name: 'options',
			type: 'hidden',
			default: { binaryData: true },
		},
	],
};
