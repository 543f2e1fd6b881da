import type { INodeProperties } from 'n8n-workflow';

const show = { operation: ['checkBudget'] };

/** Parameters of operation `checkBudget`. */
export const budgetProperties: INodeProperties[] = [
	{
		displayName: 'Budget (USD)',
		name: 'budgetUsd',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 6 },
		default: 10,
		description: 'What may be spent in the period, in US dollars',
		displayOptions: { show },
	},
	{
		displayName: 'Period',
		name: 'budgetPeriod',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Day', value: 'day', description: 'Begins at midnight UTC' },
			{ name: 'Month', value: 'month', description: 'Begins on the first of the month, UTC' },
		],
		default: 'day',
		displayOptions: { show },
	},
	{
		displayName: 'Spending Of',
		name: 'budgetScope',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'A Model', value: 'model' },
			{ name: 'A Namespace', value: 'namespace' },
			{ name: 'A Tag', value: 'tag' },
			{ name: 'A Workflow', value: 'workflow' },
			{ name: 'Everything', value: 'all' },
			{ name: 'This Workflow', value: 'thisWorkflow' },
		],
		default: 'all',
		description: 'Which of the calls booked by operation Record count',
		displayOptions: { show },
	},
	{
		displayName: 'Value',
		name: 'budgetScopeValue',
		type: 'string',
		default: '',
		placeholder: 'e.g. acme',
		description: 'The model, namespace, tag or workflow whose spending is limited',
		displayOptions: {
			show: { ...show, budgetScope: ['model', 'namespace', 'tag', 'workflow'] },
		},
	},
	{
		displayName: 'Reserve (USD)',
		name: 'reserveUsd',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 6 },
		default: 0.01,
		description:
			'What the coming call may cost at most. It is held until the call is recorded, so that calls in parallel cannot overspend. An estimate on the item is used instead.',
		displayOptions: { show },
	},
	{
		displayName: 'Options',
		name: 'budgetOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: { show },
		options: [
			{
				displayName: 'Alert From (%)',
				name: 'alertPercent',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 100 },
				default: 80,
				description: 'Share of the budget from which budget.level is "alert"',
			},
			{
				displayName: 'Cache Only From (%)',
				name: 'cacheOnlyPercent',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 100 },
				default: 100,
				description:
					'Share of the budget from which items go to Over with budget.level "cacheOnly", or "stop" at the whole budget',
			},
			{
				displayName: 'Cheaper Model From (%)',
				name: 'cheaperModelPercent',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 100 },
				default: 90,
				description: 'Share of the budget from which budget.level is "cheaperModel"',
			},
			{
				displayName: 'Hold Reservation (Seconds)',
				name: 'holdSeconds',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 600,
				description: 'A reservation that is not recorded by then is given back',
			},
			{
				displayName: 'If the Backend Fails',
				name: 'onBackendError',
				type: 'options',
				options: [
					{ name: 'Fail', value: 'fail', description: 'The node reports the error' },
					{ name: 'Item Is Over', value: 'over', description: 'Spend nothing that is not counted' },
					{ name: 'Item Is Within', value: 'within', description: 'The workflow goes on' },
				],
				default: 'within',
			},
			{
				displayName: 'Timeout (Ms)',
				name: 'timeoutMs',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 2000,
				description: 'How long the backend may take, in milliseconds',
			},
		],
	},
];
