import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { requestProperties } from '../shared/n8n/requestProperties';
import { budgetProperties } from './budgetProperties';
import { optionProperties } from './optionProperties';
import { modelProperties, recordProperties } from './recordProperties';
import { reportProperties } from './reportProperties';
import { traceProperties, tracesBy } from './traceProperties';

/** Evaluated by n8n: a budget check has two ways out. */
const outputs = (parameters: { operation?: string }) =>
	parameters.operation === 'checkBudget'
		? [
				{ type: 'main', displayName: 'Within' },
				{ type: 'main', displayName: 'Over' },
			]
		: ['main'];

export const description: INodeTypeDescription = {
	displayName: 'Cost Tracker',
	name: 'costTracker',
	icon: { light: 'file:costTracker.svg', dark: 'file:costTracker.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle: '={{$parameter["operation"] + ": " + $parameter["backend"]}}',
	description: 'See what model calls cost and what caches saved, and keep within a budget',
	defaults: { name: 'Cost Tracker' },
	usableAsTool: undefined,
	inputs: [NodeConnectionTypes.Main],
	outputs: `={{ (${outputs})($parameter) }}`,
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
		},
		{
			// n8n's own kinds of credential, so that a collector's secret stands in no workflow.
			// eslint-disable-next-line n8n-nodes-base/node-class-description-credentials-name-unsuffixed
			name: 'httpBasicAuth',
			required: true,
			displayOptions: { show: tracesBy('basicAuth') },
		},
		{
			name: 'httpHeaderAuth',
			required: true,
			displayOptions: { show: tracesBy('headerAuth') },
		},
	],
	properties: [
		{
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Check Budget',
					value: 'checkBudget',
					action: 'Check a budget',
					description:
						'Reserve the cost of a call before it is made; what no longer fits goes to Over',
				},
				{
					name: 'Dashboard',
					value: 'dashboard',
					action: 'Make a dashboard',
					description: 'Make one HTML page with charts of spending, savings and latency',
				},
				{
					name: 'Estimate',
					value: 'estimate',
					action: 'Estimate the cost of a request',
					description: 'Say what a request will cost before it is sent',
				},
				{
					name: 'Record',
					value: 'record',
					action: 'Record the cost of a call',
					description: 'Price the tokens a model reported, and book them',
				},
				{
					name: 'Report',
					value: 'report',
					action: 'Report spending and savings',
					description: 'Add up what was recorded by day, model, workflow, namespace and tag',
				},
			],
			default: 'record',
		},
		backendProperty,
		...recordProperties,
		...modelProperties,
		...traceProperties,
		...requestProperties({ operation: ['estimate'] }),
		{
			displayName: 'Expected Output Tokens',
			name: 'expectedOutputTokens',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 500,
			description: "Length of the answer, where the request's own limit does not say",
			displayOptions: { show: { operation: ['estimate'] } },
		},
		{
			displayName: 'Analyse Provider Caching',
			name: 'analyseCaching',
			type: 'boolean',
			default: false,
			description:
				'Whether to compare the request with the last ones of the same prompt name: how much of it the provider can cache, what stands in the way, and the request with its stable part first. Only hashes of lines are kept.',
			displayOptions: { show: { operation: ['estimate'] } },
		},
		...budgetProperties,
		...reportProperties,
		...optionProperties,
	],
};
