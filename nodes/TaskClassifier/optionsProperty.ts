import type { INodeProperties } from 'n8n-workflow';
import { taskTypeOptions } from './taskTypeOptions';

export const optionsProperty: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Allowed Task Types',
			name: 'labels',
			type: 'multiOptions',
			options: taskTypeOptions,
			default: [],
			description: 'The types that may be answered; none chosen means all',
		},
		{
			displayName: 'Ask the Judge Below',
			name: 'judgeBelow',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2 },
			default: 0.6,
			description: 'Prompts with a confidence below this go to the judge; 0 asks it never',
			displayOptions: { show: { '/mode': ['judge'] } },
		},
		{
			displayName: 'Judge Timeout (Ms)',
			name: 'judgeTimeoutMs',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 10000,
			description: 'After this many milliseconds the built-in decision stands',
			displayOptions: { show: { '/mode': ['judge'] } },
		},
		{
			displayName: 'Largest Prompt for the Small Model (Tokens)',
			name: 'maxSmallModelTokens',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 8000,
			description:
				'Longer prompts go to the large model; estimated at four characters a token, 0 for no limit',
		},
	],
};
