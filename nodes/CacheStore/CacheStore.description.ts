import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { manageProperties } from './manageProperties';
import { storeProperties } from './storeProperties';

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
	inputs: [NodeConnectionTypes.Main],
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
					description: 'Read the entries of an export, from this or another backend',
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
					name: 'Store',
					value: 'store',
					action: 'Store an answer',
					description: "Keep the model's answer for the request that Cache Lookup missed",
				},
			],
			default: 'store',
		},
		backendProperty,
		...storeProperties,
		...manageProperties,
	],
};
