import type { INodeProperties } from 'n8n-workflow';
import { semanticProperties } from '../shared/n8n/semanticProperties';
import { requestProperties } from '../shared/n8n/requestProperties';

const invalidate = { operation: ['invalidate'] };
/** Which embedder and which index: all that rebuilding asks of semantic matching. */
const WHERE_SEARCHED = [
	'embedder',
	'embedderModel',
	'embedderProtocol',
	'embedderUrl',
	'index',
	'qdrantUrl',
];
const by = (...values: string[]) => ({
	displayOptions: { show: { ...invalidate, invalidateBy: values } },
});

/** Entries of one export file where the user says nothing else: it is held in memory. */
export const MOST_EXPORTED = 100_000;

/**
 * What `invalidate` goes by. It stands before the parameters of `store`: some of them have a namesake that it shows, and
 * n8n reads a parameter twice that comes before what decides over it, three times in every execution.
 */
export const invalidateByProperty: INodeProperties = {
	displayName: 'Invalidate By',
	name: 'invalidateBy',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'Age', value: 'age', description: 'Everything stored longer ago than this' },
		{ name: 'Key', value: 'key', description: 'One entry' },
		{
			name: 'Key Version',
			value: 'keyVersion',
			description: 'All entries whose key version begins with this',
		},
		{ name: 'Model', value: 'model', description: 'All answers of one model' },
		{ name: 'Namespace', value: 'namespace', description: 'Everything of the namespace' },
		{ name: 'Request', value: 'request', description: 'The entry of one request' },
		{ name: 'Tag', value: 'tag', description: 'All entries stored with a tag' },
	],
	default: 'tag',
	displayOptions: { show: invalidate },
};

/** Further parameters of the operations `invalidate`, `inspect`, `export`, `import` and `rebuildIndex`. */
export const manageProperties: INodeProperties[] = [
	{
		displayName: 'Tag',
		name: 'invalidateTag',
		type: 'string',
		default: '',
		placeholder: 'e.g. product-42',
		required: true,
		...by('tag'),
	},
	{
		displayName: 'Key',
		name: 'invalidateKey',
		type: 'string',
		typeOptions: { password: false },
		default: '',
		placeholder: 'e.g. {{ $json.cache.key }}',
		required: true,
		...by('key'),
	},
	{
		displayName: 'Model',
		name: 'invalidateModel',
		type: 'string',
		default: '',
		placeholder: 'e.g. gpt-5-mini',
		required: true,
		...by('model'),
	},
	{
		displayName: 'Older Than (Seconds)',
		name: 'olderThanSeconds',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 86400,
		...by('age'),
	},
	{
		displayName: 'Key Version Begins With',
		name: 'keyVersionPrefix',
		type: 'string',
		default: '',
		placeholder: 'e.g. support-prompt-v2',
		required: true,
		...by('keyVersion'),
	},
	...requestProperties({ ...invalidate, invalidateBy: ['request'] }),
	{
		displayName: 'Namespace',
		name: 'namespace',
		type: 'string',
		default: 'default',
		description: 'The same as on Cache Lookup',
		displayOptions: { show: invalidate },
	},
	{
		displayName: 'Key Version',
		name: 'requestKeyVersion',
		type: 'string',
		default: '',
		description: 'The same as on Cache Lookup',
		...by('request'),
	},
	{
		displayName: 'Neighbours Too',
		name: 'neighbours',
		type: 'boolean',
		default: false,
		description:
			'Whether to invalidate what semantic matching takes for similar as well, and never to serve those answers for this request again: for a thumbs-down',
		...by('request'),
	},
	{
		displayName: 'Least Similarity',
		name: 'neighbourSimilarity',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2 },
		default: 0.8,
		description: 'How near a prompt must be to count as a neighbour (cosine, 0 to 1)',
		displayOptions: { show: { ...invalidate, invalidateBy: ['request'], neighbours: [true] } },
	},
	...semanticProperties({ ...invalidate, invalidateBy: ['request'], neighbours: [true] }),
	{
		displayName: 'Namespace',
		name: 'exportNamespace',
		type: 'string',
		default: '',
		placeholder: 'all',
		description: 'This namespace only; leave empty for all',
		displayOptions: { show: { operation: ['export', 'rebuildIndex'] } },
	},
	...semanticProperties({ operation: ['rebuildIndex'] }, WHERE_SEARCHED),
	{
		displayName: 'Most Entries',
		name: 'mostEntries',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: MOST_EXPORTED,
		description:
			'About how many entries one file takes. Where there are more, the field "next" says where the next file begins.',
		displayOptions: { show: { operation: ['export'] } },
	},
	{
		displayName: 'Resume At',
		name: 'resumeAt',
		type: 'string',
		default: '',
		placeholder: 'the beginning',
		description:
			'The field "next" of an earlier export, to go on where it ended or broke off; leave empty to begin',
		displayOptions: { show: { operation: ['export'] } },
	},
	{
		displayName: 'Output Binary Field',
		name: 'outputBinaryField',
		type: 'string',
		default: 'data',
		description: 'Field that receives the NDJSON file',
		displayOptions: { show: { operation: ['export'] } },
	},
	{
		displayName: 'Input Binary Field',
		name: 'inputBinaryField',
		type: 'string',
		default: 'data',
		description: 'Field with the NDJSON file of an export',
		displayOptions: { show: { operation: ['import'] } },
	},
	{
		displayName: 'Skip Lines',
		name: 'skipLines',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Lines already imported, to go on after a break',
		displayOptions: { show: { operation: ['import'] } },
	},
];
