import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { invalidateByProperty, manageProperties } from './manageProperties';
import { storeProperties } from './storeProperties';

/** Evaluated by n8n: an Embeddings node or a judging model can be connected where semantic matching uses one. */
const inputs = (parameters: {
	operation?: string;
	semantic?: { embedder?: string };
	options?: { judge?: boolean };
}) =>
	(parameters.operation === 'invalidate' || parameters.operation === 'rebuildIndex') &&
	parameters.semantic?.embedder === 'subNode'
		? [
				'main',
				{ type: 'ai_embedding', displayName: 'Embeddings', required: true, maxConnections: 1 },
			]
		: parameters.operation === 'store' && parameters.options?.judge
			? [
					'main',
					{ type: 'ai_languageModel', displayName: 'Judge', required: true, maxConnections: 1 },
				]
			: ['main'];

export const description: INodeTypeDescription = {
	displayName: 'Cache Store',
	name: 'cacheStore',
	icon: { light: 'file:cacheStore.svg', dark: 'file:cacheStore.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle: '={{$parameter["operation"] + ": " + $parameter["backend"]}}',
	description: "Keep a model's answer for the next time the same is asked, and manage what is kept",
	defaults: { name: 'Cache Store' },
	usableAsTool: true,
	inputs: `={{ (${inputs})($parameter) }}`,
	outputs: [NodeConnectionTypes.Main],
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
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
					name: 'Export',
					value: 'export',
					action: 'Export entries',
					description: 'Write all entries to an NDJSON file',
				},
				{
					name: 'Import',
					value: 'import',
					action: 'Import entries',
					description:
						'Read the entries of an export, from this or another backend. Rebuild Semantic Index afterwards makes them found by meaning.',
				},
				{
					name: 'Inspect',
					value: 'inspect',
					action: 'Inspect the cache',
					description: 'Count entries, bytes, hits and misses of each namespace',
				},
				{
					name: 'Invalidate',
					value: 'invalidate',
					action: 'Invalidate entries',
					description: 'Make stored answers misses, because what they rest on has changed',
				},
				{
					name: 'Rebuild Semantic Index',
					value: 'rebuildIndex',
					action: 'Rebuild the semantic index',
					description:
						'Find stored answers by meaning again: after an import, with another embedder, or where the index was lost',
				},
				{
					name: 'Store',
					value: 'store',
					action: 'Store an answer',
					description: "Keep the model's answer for the request that Cache Lookup missed",
				},
			],
			default: 'store',
		},
		backendProperty,
		invalidateByProperty,
		...storeProperties,
		...manageProperties,
	],
};
