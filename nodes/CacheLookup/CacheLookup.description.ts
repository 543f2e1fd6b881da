import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { backendProperty } from '../shared/n8n/backend';
import { cacheProperties } from '../shared/n8n/cacheProperties';
import { requestProperties } from '../shared/n8n/requestProperties';
import { semanticProperties } from '../shared/n8n/semanticProperties';

/** Evaluated by n8n: an Embeddings node can be connected where semantic matching uses one. */
const inputs = (parameters: { match?: string; semantic?: { embedder?: string } }) =>
	parameters.match === 'semantic' && parameters.semantic?.embedder === 'subNode'
		? [
				'main',
				{ type: 'ai_embedding', displayName: 'Embeddings', required: true, maxConnections: 1 },
			]
		: ['main'];

export const description: INodeTypeDescription = {
	displayName: 'Cache Lookup',
	name: 'cacheLookup',
	icon: { light: 'file:cacheLookup.svg', dark: 'file:cacheLookup.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle:
		'={{$parameter["operation"] + ": " + $parameter["match"] + ", " + $parameter["backend"]}}',
	description: 'Answer a model request from the cache, so that the same prompt is paid for once',
	defaults: { name: 'Cache Lookup' },
	usableAsTool: undefined,
	inputs: `={{ (${inputs})($parameter) }}`,
	outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
	outputNames: ['Hit', 'Miss'],
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
			testedBy: 'promptCacheRedisTest',
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
					name: 'Look Up',
					value: 'lookup',
					action: 'Look up an answer',
					description: 'Serve a fresh answer if there is one',
				},
				{
					name: 'Fall Back',
					value: 'fallback',
					action: 'Fall back to an older answer',
					description:
						'For the error branch of a model call: serve an answer that has expired but is within its grace period',
				},
			],
			default: 'lookup',
		},
		backendProperty,
		...requestProperties(),
		cacheProperties.namespace,
		{
			displayName: 'Match',
			name: 'match',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Exact',
					value: 'exact',
					description: 'Only the very same request is a hit',
				},
				{
					name: 'Semantic',
					value: 'semantic',
					description:
						'A prompt in other words is a hit too, unless a guard sees a difference; the exact entry comes first',
				},
			],
			default: 'exact',
		},
		...semanticProperties({ match: ['semantic'] }),
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				cacheProperties.cacheControl,
				cacheProperties.coalesce,
				cacheProperties.coalesceWaitMs,
				{
					displayName: 'Equal Items in One Batch',
					name: 'equalItems',
					type: 'options',
					options: [
						{
							name: 'Each Asks the Model',
							value: 'each',
							description: 'Every item without a stored answer leaves by Miss',
						},
						{
							name: 'Ask Once, Cache Store Answers the Rest',
							value: 'once',
							description:
								'Of items with the same request only the first leaves by Miss; Cache Store gives out all of them',
						},
					],
					default: 'each',
					description:
						'What to do when several items that come in together ask the same. With Ask Once the model is paid once: Cache Store adds an item for each of the others, with the same answer and its own fields. So every way from Miss, an error branch too, must lead to Cache Store or to a Cache Lookup that falls back, or the others are lost. Behind it, refer to the nodes before this one by name, not to this one.',
				},
				{
					displayName: 'Hit Item',
					name: 'hitItem',
					type: 'options',
					options: [
						{
							name: 'Incoming Item With Answer',
							value: 'keep',
							description: 'Keep the incoming fields and add the answer in the output field',
						},
						{
							name: 'Stored Answer',
							value: 'answer',
							description: 'The item is the stored answer itself, with cache beside its fields',
						},
					],
					default: 'keep',
					description: 'What an item on the Hit output looks like',
				},
				{
					displayName: 'If the Backend Fails',
					name: 'onBackendError',
					type: 'options',
					options: [
						{
							name: 'Go On as a Miss',
							value: 'miss',
							description: 'The workflow works as if there were no cache',
						},
						{
							name: 'Fail',
							value: 'fail',
							description: 'The node reports the error',
						},
					],
					default: 'miss',
				},
				cacheProperties.ignoreFields,
				cacheProperties.keyVersion,
				{
					displayName: 'Largest Request (Bytes)',
					name: 'maxRequestBytes',
					type: 'number',
					typeOptions: { minValue: 1 },
					default: 4194304,
					description: 'A larger request is an error of its item',
				},
				cacheProperties.normalization,
				{
					displayName: 'Output Field',
					name: 'outputField',
					type: 'string',
					default: 'response',
					description: 'Field of the item that receives the stored answer on a hit',
				},
				cacheProperties.timeoutMs,
			],
		},
	],
};
