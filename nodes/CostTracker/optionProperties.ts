import type { INodeProperties } from 'n8n-workflow';

const onRecord = { show: { '/operation': ['record'] } };
const onPricing = { show: { '/operation': ['record', 'estimate'] } };

/** Options of all operations but `checkBudget`. */
export const optionProperties: INodeProperties[] = [
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: { hide: { operation: ['checkBudget'] } },
		options: [
			{
				displayName: 'Cache Overhead (USD)',
				name: 'overheadUsd',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 9 },
				default: 0,
				description:
					'What embedding and judging this item cost the cache; subtracted from what the cache saved',
				displayOptions: onRecord,
			},
			{
				displayName: 'Currency',
				name: 'currency',
				type: 'string',
				default: 'USD',
				placeholder: 'e.g. EUR',
				description: 'ISO code of the currency of "amount"; needs an exchange rate unless USD',
			},
			{
				displayName: 'Estimate Tokens If Not Reported',
				name: 'estimateTokens',
				type: 'boolean',
				default: false,
				description:
					'Whether to count the tokens of request and answer where the reply reports none, as chains and some servers do; cost.estimated is then true. The request is the one Cache Lookup was asked, else one found in the item. Without it an unreported cost stays unknown.',
				displayOptions: onRecord,
			},
			{
				displayName: 'Exchange Rate',
				name: 'exchangeRate',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 6 },
				default: 1,
				description: 'Units of the currency for one US dollar, e.g. 0.92',
			},
			{
				displayName: 'Exchange Rate Date',
				name: 'exchangeRateDate',
				type: 'string',
				default: '',
				placeholder: 'e.g. 2026-11-20',
				description: 'Day of the exchange rate, shown with the amounts',
			},
			{
				displayName: 'If the Backend Fails',
				name: 'onBackendError',
				type: 'options',
				options: [
					{
						name: 'Go On Without Booking',
						value: 'continue',
						description: 'The item passes through with its cost and the reason in cost.hints',
					},
					{ name: 'Fail', value: 'fail', description: 'The node reports the error' },
				],
				default: 'continue',
				displayOptions: onRecord,
			},
			{
				displayName: 'Latency (Ms)',
				name: 'latencyMs',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'How long the call took, in milliseconds; without it the time since Cache Lookup, or what the reply reports',
				displayOptions: onRecord,
			},
			{
				displayName: 'Local Machine (USD per Hour)',
				name: 'localUsdPerHour',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 6 },
				default: 0,
				description:
					'What an hour of the own machine costs: local models are then priced by the time they report',
				displayOptions: onPricing,
			},
			{
				displayName: 'Output Field',
				name: 'outputField',
				type: 'string',
				default: 'cost',
				description: 'Name of the field that is added to each item',
				displayOptions: onRecord,
			},
			{
				displayName: 'Price Table',
				name: 'priceTable',
				type: 'json',
				default: '',
				placeholder:
					'e.g. {"my-model":{"input_cost_per_token":1e-06,"output_cost_per_token":2e-06}}',
				description:
					"Own prices, which go before all others: models with the field names of LiteLLM's price file, in USD per token",
			},
			{
				displayName: 'Show in Executions',
				name: 'executionData',
				type: 'boolean',
				default: true,
				description:
					'Whether to add cost, savings and hits to the execution, where n8n shows them and filters by them (n8n 2)',
				displayOptions: onRecord,
			},
			{
				displayName: 'Timeout (Ms)',
				name: 'timeoutMs',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 2000,
				description: 'How long the backend may take, in milliseconds',
				displayOptions: onRecord,
			},
		],
	},
];
