import type { INodeProperties } from 'n8n-workflow';

export const jsonDemand = {
	displayName: 'Answer Is JSON',
	name: 'json',
	type: 'options',
	options: [
		{ name: 'Always', value: 'always' },
		{ name: 'If the Request Asked for JSON', value: 'auto' },
		{ name: 'Not Checked', value: 'never' },
	],
	default: 'auto',
	description: 'When to refuse answers that are not valid JSON',
} satisfies INodeProperties;

export const jsonSchema = {
	displayName: 'JSON Schema',
	name: 'schema',
	type: 'json',
	default: '',
	placeholder: 'e.g. {"type":"object","required":["answer"]}',
	description:
		"Refuse answers that violate this schema. Leave empty to use the request's own, if it has one.",
} satisfies INodeProperties;

/** What an answer must be to be stored: the options of the collection "Store When". */
export const answerConditions: INodeProperties[] = [
	{
		displayName: 'Answer Is Complete',
		name: 'complete',
		type: 'boolean',
		default: true,
		description:
			'Whether to refuse answers that were cut by a token limit or stopped by a content filter',
	},
	jsonDemand,
	jsonSchema,
	{
		displayName: 'Minimum Length',
		name: 'minLength',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Refuse answers with fewer characters',
	},
	{
		displayName: 'No Refusals',
		name: 'noRefusals',
		type: 'boolean',
		default: true,
		description: 'Whether to refuse answers in which the model declines to help',
	},
];
