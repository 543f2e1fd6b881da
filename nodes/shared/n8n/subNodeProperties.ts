import type { INodeProperties } from 'n8n-workflow';
import { answerConditions } from './answerConditions';
import { cacheProperties } from './cacheProperties';

/** How long an answer lives and when it is stored; the same meaning as on Cache Store. */
export const storingProperties: INodeProperties[] = [
	{
		displayName: 'Lifetime (Seconds)',
		name: 'ttlSeconds',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 3600,
		description: 'How long the answer is fresh, in seconds. A hit does not prolong it.',
	},
	{
		displayName: 'Grace Period (Seconds)',
		name: 'graceSeconds',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 86400,
		description:
			'How long after its lifetime the answer may still be served when the model cannot be reached, in seconds',
	},
	{
		displayName: 'Store When',
		name: 'storeWhen',
		type: 'collection',
		placeholder: 'Add condition',
		default: {},
		options: answerConditions,
	},
];

/** Options of looking up and storing, with the names they have on Cache Lookup and Cache Store. */
export const cacheOptions: INodeProperties[] = [
	{
		displayName: 'Book Costs',
		name: 'bookCosts',
		type: 'boolean',
		default: true,
		description:
			'Whether calls and hits are booked in the cost ledger of the backend, from where Cost Tracker reports. A Cost Tracker that records the same run books nothing twice.',
	},
	cacheProperties.cacheControl,
	cacheProperties.coalesce,
	cacheProperties.coalesceWaitMs,
	cacheProperties.compressAboveBytes,
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
				description: 'The call fails with the reason',
			},
		],
		default: 'miss',
	},
	{
		...cacheProperties.ignoreFields,
		placeholder: 'e.g. base_url, seed',
		description:
			'Top-level fields of the request that do not shape the answer, separated by commas. Secrets, headers, time limits and the like are ignored already.',
	},
	cacheProperties.keyVersion,
	cacheProperties.maxEntryBytes,
	{
		displayName: 'Largest Request (Bytes)',
		name: 'maxRequestBytes',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 4194304,
		description: 'A larger request goes to the model without being cached',
	},
	{
		displayName: 'Largest Prompt for the Small Model (Tokens)',
		name: 'maxSmallModelTokens',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 8000,
		description:
			'Longer prompts go to the large model; estimated at four characters a token, 0 for no limit',
	},
	cacheProperties.ttlJitterPercent,
	cacheProperties.normalization,
	{
		displayName: "Provider's Prompt Cache",
		name: 'providerCache',
		type: 'options',
		options: [
			{
				name: 'Leave as It Is',
				value: 'off',
				description: 'The request goes out as the model node makes it',
			},
			{
				name: 'Mark for 5 Minutes',
				value: '5m',
				description: 'Pays from the second call with the same beginning on',
			},
			{
				name: 'Mark for 1 Hour (Anthropic)',
				value: '1h',
				description: 'Pays from the third call with the same beginning on',
			},
		],
		default: 'off',
		description:
			'For calls that do go out: marks long beginnings that come again, with cache_control at Anthropic and prompt_cache_key at OpenAI. Only where the beginning is long enough to be kept.',
	},
	{
		displayName: 'Serve Expired Answers if the Model Fails',
		name: 'serveStaleOnError',
		type: 'boolean',
		default: true,
		description:
			'Whether an answer that has expired but is within its grace period is served when the model cannot be reached',
	},
	{
		displayName: 'Tags',
		name: 'tags',
		type: 'string',
		default: '',
		placeholder: 'e.g. product-42, pricing',
		description: 'Names to invalidate the answers by, separated by commas',
	},
	cacheProperties.timeoutMs,
];
