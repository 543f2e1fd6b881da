import type { INodeProperties } from 'n8n-workflow';

/** Parameters that several nodes have, with the same names and defaults; where a node adds its own words, it spreads them. */
export const cacheProperties = {
	namespace: {
		displayName: 'Namespace',
		name: 'namespace',
		type: 'string',
		default: 'default',
		description: 'Tenant, team or project: two namespaces never share an answer',
	},
	cacheControl: {
		displayName: 'Cache Control',
		name: 'cacheControl',
		type: 'string',
		default: '',
		placeholder: 'e.g. max-age=600, stale-while-revalidate=60',
		description:
			'HTTP cache directives for this request: no-cache, no-store, only-if-cached, max-age=, min-fresh=, stale-while-revalidate=, stale-if-error=, in seconds',
	},
	coalesce: {
		displayName: 'Coalesce Equal Requests',
		name: 'coalesce',
		type: 'boolean',
		default: true,
		description:
			'Whether equal requests that miss at the same time wait for the first one instead of each calling the model',
	},
	coalesceWaitMs: {
		displayName: 'Coalesce Wait (Ms)',
		name: 'coalesceWaitMs',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 30000,
		description: 'How long to wait at most for an equal request in flight, in milliseconds',
	},
	compressAboveBytes: {
		displayName: 'Compress Above (Bytes)',
		name: 'compressAboveBytes',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 4096,
		description: 'Larger entries are compressed',
	},
	ignoreFields: {
		displayName: 'Ignore Fields',
		name: 'ignoreFields',
		type: 'string',
		default: '',
		placeholder: 'e.g. session_id, trace',
		description:
			'Top-level fields of the request that do not shape the answer, separated by commas. Stream, user, metadata and the like are ignored already.',
	},
	keyVersion: {
		displayName: 'Key Version',
		name: 'keyVersion',
		type: 'string',
		default: '',
		placeholder: 'e.g. support-prompt-v3',
		description: 'Version of your prompt template: a new one makes older answers misses',
	},
	maxEntryBytes: {
		displayName: 'Largest Entry (Bytes)',
		name: 'maxEntryBytes',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 1048576,
		description: 'Larger answers are not stored',
	},
	normalization: {
		displayName: 'Normalization',
		name: 'normalization',
		type: 'options',
		options: [
			{
				name: 'None',
				value: 'none',
				description: 'The texts count to the letter',
			},
			{
				name: 'White Space',
				value: 'whitespace',
				description:
					'Runs of white space count as one space, and Unicode is unified (NFC). Not for code or poems.',
			},
		],
		default: 'none',
		description: 'What to overlook in the texts of a request. Letter case always counts.',
	},
	timeoutMs: {
		displayName: 'Timeout (Ms)',
		name: 'timeoutMs',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 500,
		description:
			'How long the backend may take, in milliseconds, before the workflow goes on without it',
	},
	ttlJitterPercent: {
		displayName: 'Lifetime Jitter (Percent)',
		name: 'ttlJitterPercent',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 100 },
		default: 10,
		description:
			'Shortens each lifetime by a random share of up to this much, so that entries stored together do not expire together',
	},
} satisfies Record<string, INodeProperties>;
