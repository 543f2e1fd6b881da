import type { INodeProperties } from 'n8n-workflow';

const reports = { operation: ['report', 'dashboard'] };

/** Parameters of operations `report` and `dashboard`. */
export const reportProperties: INodeProperties[] = [
	{
		displayName: 'Days',
		name: 'days',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 730 },
		default: 30,
		description: 'How many days the report covers, today included (UTC); one or two go by the hour',
		displayOptions: { show: reports },
	},
	{
		displayName: 'Format',
		name: 'reportFormat',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'CSV File',
				value: 'csv',
				description: 'The counters behind the report, money in nano-USD',
			},
			{
				name: 'NDJSON File',
				value: 'ndjson',
				description: 'The same, with the latency histograms',
			},
			{ name: 'Summary', value: 'summary', description: 'One item with all sums' },
			{ name: 'Table', value: 'table', description: 'One item for each day, model or other group' },
		],
		default: 'summary',
		displayOptions: { show: { operation: ['report'] } },
	},
	{
		displayName: 'Group By',
		name: 'groupBy',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Day', value: 'day' },
			{ name: 'Model', value: 'model' },
			{ name: 'Namespace', value: 'namespace' },
			{ name: 'Prompt', value: 'prompt' },
			{ name: 'Provider', value: 'provider' },
			{ name: 'Tag', value: 'tag' },
			{ name: 'Workflow', value: 'workflow' },
		],
		default: 'day',
		description: 'What each item of the table stands for',
		displayOptions: { show: { operation: ['report'], reportFormat: ['table'] } },
	},
	{
		displayName: 'Title',
		name: 'title',
		type: 'string',
		default: 'LLM cost',
		description: 'Heading of the page',
		displayOptions: { show: { operation: ['dashboard'] } },
	},
	{
		displayName: 'Filter',
		name: 'filter',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		displayOptions: { show: reports },
		options: [
			{ displayName: 'Model', name: 'model', type: 'string', default: '' },
			{ displayName: 'Namespace', name: 'namespace', type: 'string', default: '' },
			{ displayName: 'Tag', name: 'tag', type: 'string', default: '' },
			{ displayName: 'Workflow', name: 'workflow', type: 'string', default: '' },
		],
	},
];
