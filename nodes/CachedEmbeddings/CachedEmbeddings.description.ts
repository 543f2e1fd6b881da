import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { cacheProperties } from '../shared/n8n/cacheProperties';
import { cacheOptions } from '../shared/n8n/subNodeProperties';

/** Options of the chat model's cache that mean the same for vectors. */
const SHARED = [
	'coalesce',
	'coalesceWaitMs',
	'compressAboveBytes',
	'keyVersion',
	'maxEntryBytes',
	'onBackendError',
	'tags',
	'timeoutMs',
	'ttlJitterPercent',
];

export const description: INodeTypeDescription = {
	displayName: 'Cached Embeddings',
	name: 'cachedEmbeddings',
	icon: { light: 'file:cachedEmbeddings.svg', dark: 'file:cachedEmbeddings.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle: '={{$parameter["backend"]}}',
	description: 'Compute each embedding once: put a cache before any embeddings model',
	defaults: { name: 'Cached Embeddings' },
	usableAsTool: undefined,
	inputs: [
		{
			type: NodeConnectionTypes.AiEmbedding,
			displayName: 'Embeddings',
			required: true,
			maxConnections: 1,
		},
	],
	outputs: [NodeConnectionTypes.AiEmbedding],
	outputNames: ['Embeddings'],
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
		},
	],
	properties: [
		backendProperty,
		{
			...cacheProperties.namespace,
			description: 'Tenant, team or project: two namespaces never share a vector',
		},
		{
			displayName: 'Lifetime (Seconds)',
			name: 'ttlSeconds',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 2592000,
			description:
				'How long a vector is kept, in seconds. Vectors do not age: model, dimensions and settings are part of the key.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: cacheOptions.filter(({ name }) => SHARED.includes(name)),
		},
	],
};
