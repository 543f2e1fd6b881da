import type { INodeProperties } from 'n8n-workflow';

const show = { operation: ['record'] };
const toCollector = { show: { ...show, traces: ['collector'] } };

/** Parameters of operation `record` that say where traces go. */
export const traceProperties: INodeProperties[] = [
	{
		displayName: 'Traces',
		name: 'traces',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'As Set for All of N8n',
				value: 'environment',
				description:
					'Off, unless the environment variable N8N_PROMPT_CACHE_TRACES switches them on',
			},
			{
				name: 'Send to a Collector',
				value: 'collector',
				description:
					'Send model calls and what the cache decided to MLflow, Langfuse or any other OpenTelemetry collector',
			},
		],
		default: 'environment',
		description:
			'Whether calls are shown in a tracing tool, with model, tokens, cost and what the cache did. Prompts and answers are never sent, and a collector that is down disturbs nothing.',
		displayOptions: { show },
	},
	{
		displayName: 'Collector URL',
		name: 'tracesUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. http://localhost:5000',
		description:
			'Address of the collector for OTLP over HTTP; /v1/traces is added where it is missing. For Langfuse: https://cloud.langfuse.com/api/public/otel.',
		displayOptions: toCollector,
	},
	{
		displayName: 'Collector Authentication',
		name: 'tracesAuthentication',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Basic Auth',
				value: 'basicAuth',
				description: 'User and password; for Langfuse its public and its secret key',
			},
			{
				name: 'Header Auth',
				value: 'headerAuth',
				description: 'One header with a secret, such as an API key',
			},
			{ name: 'None', value: 'none' },
		],
		default: 'none',
		displayOptions: toCollector,
	},
	{
		displayName: 'Collector Headers',
		name: 'tracesHeaders',
		type: 'string',
		default: '',
		placeholder: 'e.g. x-mlflow-experiment-id=0',
		description:
			'More headers, as name=value with commas between. Not for secrets: they belong into Collector Authentication.',
		displayOptions: toCollector,
	},
];

/** When a credential for the collector is shown: one of n8n's own kinds, so that a secret stands in no workflow. */
export const tracesBy = (authentication: 'basicAuth' | 'headerAuth') => ({
	operation: ['record'],
	traces: ['collector'],
	tracesAuthentication: [authentication],
});
