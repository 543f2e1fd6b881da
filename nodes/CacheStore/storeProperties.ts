import type { INodeProperties } from 'n8n-workflow';
import { answerConditions } from '../shared/n8n/answerConditions';
import { cacheProperties } from '../shared/n8n/cacheProperties';
import { requestProperties } from '../shared/n8n/requestProperties';

const show = { operation: ['store'] };

/** Parameters of the operation `store`. */
export const storeProperties: INodeProperties[] = [
	{
		displayName: 'Entry For',
		name: 'entryFor',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'The Cache Lookup Before This Node',
				value: 'lookup',
				description: 'Finds the lookup by itself and takes key, namespace and request from it',
			},
			{
				name: 'A Key Given Below',
				value: 'key',
				description: 'You give the key and the namespace',
			},
			{
				name: 'A Request Given Below',
				value: 'request',
				description:
					'The key is made from a request, as Cache Lookup does: for warming up the cache',
			},
		],
		default: 'lookup',
		displayOptions: { show },
	},
	{
		displayName: 'Key',
		name: 'key',
		type: 'string',
		typeOptions: { password: false },
		default: '',
		placeholder: 'e.g. {{ $json.cache.key }}',
		description: 'The 64 characters that Cache Lookup gave as cache.key',
		displayOptions: { show: { ...show, entryFor: ['key'] } },
	},
	...requestProperties({ ...show, entryFor: ['request'] }),
	{
		displayName: 'Namespace',
		name: 'namespace',
		type: 'string',
		default: 'default',
		description: 'The same as on Cache Lookup',
		displayOptions: { show: { ...show, entryFor: ['key', 'request'] } },
	},
	{
		displayName: 'Response',
		name: 'response',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.message.content }}',
		description: 'What to store and serve. Leave empty to store the whole item.',
		displayOptions: { show },
	},
	{
		displayName: 'Lifetime (Seconds)',
		name: 'ttlSeconds',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 3600,
		description: 'How long the answer is fresh, in seconds. A hit does not prolong it.',
		displayOptions: { show },
	},
	{
		displayName: 'Grace Period (Seconds)',
		name: 'graceSeconds',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 86400,
		description:
			'How long after its lifetime the answer may still be served when the model cannot be reached, in seconds',
		displayOptions: { show },
	},
	{
		...cacheProperties.ttlJitterPercent,
		displayOptions: { show },
	},
	{
		displayName: 'Tags',
		name: 'tags',
		type: 'string',
		default: '',
		placeholder: 'e.g. product-42, pricing',
		description: 'Names to invalidate the answer by, separated by commas',
		displayOptions: { show },
	},
	{
		displayName: 'Store When',
		name: 'storeWhen',
		type: 'collection',
		placeholder: 'Add condition',
		default: {},
		displayOptions: { show },
		options: [
			{
				displayName: 'Allow Tool Results',
				name: 'toolResults',
				type: 'boolean',
				default: false,
				description:
					'Whether to store answers to requests that carry tool results, which may depend on side effects',
			},
			...answerConditions,
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: { show },
		options: [
			cacheProperties.compressAboveBytes,
			{
				displayName: 'If the Backend Fails',
				name: 'onBackendError',
				type: 'options',
				options: [
					{
						name: 'Go On Without Storing',
						value: 'skip',
						description: 'The item passes through with cache.stored = false and the reason',
					},
					{
						name: 'Fail',
						value: 'fail',
						description: 'The node reports the error',
					},
				],
				default: 'skip',
			},
			{
				displayName: 'Ignore Fields',
				name: 'ignoreFields',
				type: 'string',
				default: '',
				placeholder: 'e.g. session_id, trace',
				description: 'The same as on Cache Lookup; used with a request given below',
			},
			{
				displayName: 'Judge Model',
				name: 'judge',
				type: 'boolean',
				default: false,
				description:
					'Whether a connected chat model compares fresh answers with similar stored ones, for a Cache Lookup whose semantic matching has Label By set to Judge. What it costs is told as cache.judge.',
			},
			{
				displayName: 'Key Version',
				name: 'keyVersion',
				type: 'string',
				default: '',
				description: 'The same as on Cache Lookup; used with a key or a request given below',
			},
			cacheProperties.maxEntryBytes,
			{
				displayName: 'Lifetime of Provider Errors (Seconds)',
				name: 'negativeTtlSeconds',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'How long to remember that the provider rejects this request (400, 404, 413, 422), in seconds; 0 stores no errors. Needs the full response of the HTTP node.',
			},
			{
				displayName: 'Timeout (Ms)',
				name: 'timeoutMs',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 500,
				description: 'How long the backend may take, in milliseconds',
			},
		],
	},
];
