import type { INodeProperties } from 'n8n-workflow';
import { cacheProperties } from '../shared/n8n/cacheProperties';

const onPort = { displayOptions: { show: { '/listen': ['port'] } } };

/** The collection shown as "Options": everything that has a good default. */
export const servingOptions: INodeProperties = {
	displayName: 'Options',
	name: 'serving',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Answer Timeout (Seconds)',
			name: 'answerTimeoutSeconds',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 120,
			description:
				'How long the workflow may take; then the client gets status 504 and the execution is stopped',
		},
		{
			...cacheProperties.timeoutMs,
			displayName: 'Backend Timeout (Ms)',
			description:
				'How long the cache may take, in milliseconds, before the request goes on as a miss',
		},
		{
			...cacheProperties.coalesce,
			description:
				'Whether equal requests that miss at the same time wait for the first one instead of each running the workflow',
		},
		cacheProperties.coalesceWaitMs,
		{
			displayName: 'Health Path',
			name: 'healthPath',
			type: 'string',
			default: 'healthz',
			description: 'Answers GET with status 200 and needs no key, for health checks',
			...onPort,
		},
		cacheProperties.ignoreFields,
		{
			...cacheProperties.keyVersion,
			placeholder: 'e.g. v2',
			description:
				'A new one makes older answers misses: change it when the workflow answers otherwise',
		},
		{
			...cacheProperties.maxEntryBytes,
			description: 'A larger answer is given, but not kept',
		},
		{
			displayName: 'Largest Request (Bytes)',
			name: 'maxRequestBytes',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 4194304,
			description: 'A larger body is refused with status 413',
		},
		{
			...cacheProperties.ttlJitterPercent,
			description: 'Spreads lifetimes, so that entries stored together do not expire together',
		},
		{
			displayName: 'Most Connections',
			name: 'maxConnections',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 2000,
			description: 'More connections at the same time are closed at once',
			...onPort,
		},
		{
			displayName: 'Most Waiting Clients',
			name: 'maxWaiting',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 100,
			description:
				'Clients that may wait for the workflow at the same time; more are refused with status 503',
		},
		{
			displayName: 'Receive Timeout (Seconds)',
			name: 'receiveTimeoutSeconds',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 30,
			description: 'How long a body may take to arrive; then the client gets status 408',
		},
		{
			displayName: 'Record Hits',
			name: 'recordHits',
			type: 'boolean',
			default: false,
			description:
				'Whether a hit starts an execution too, by the second output, after the client has its answer. On a port, hits are not recorded while 1,000 such executions are under way.',
		},
		{
			displayName: 'Store Answers to Tool Results',
			name: 'storeToolResults',
			type: 'boolean',
			default: false,
			description:
				'Whether to keep the answer to a turn that carries tool results, which may depend on more than the request',
		},
		{
			displayName: 'TLS Certificate',
			name: 'tlsCertificate',
			type: 'string',
			typeOptions: { rows: 3 },
			default: '',
			placeholder: '-----BEGIN CERTIFICATE-----',
			description: 'PEM text, chain included; with the key below the port speaks HTTPS',
			...onPort,
		},
		{
			displayName: 'TLS Key',
			name: 'tlsKey',
			type: 'string',
			typeOptions: { rows: 3, password: true },
			default: '',
			placeholder: '-----BEGIN PRIVATE KEY-----',
			description: 'PEM text of the private key',
			...onPort,
		},
	],
};
