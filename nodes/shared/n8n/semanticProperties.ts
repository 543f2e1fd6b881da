import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import { GUARDS } from '../core/guards/allGuards';

/** What a guard looks at, for people. */
const guardLabel = (name: string): string => {
	const words = name.replace(/([A-Z])/g, ' $1');
	return words.charAt(0).toUpperCase() + words.slice(1);
};

const OPTIONS: INodeProperties[] = [
	{
		displayName: 'Embedder',
		name: 'embedder',
		type: 'options',
		options: [
			{
				name: 'Built In',
				value: 'builtIn',
				description: 'Works with nothing installed, in process',
			},
			{
				name: 'Connected Embeddings Node',
				value: 'subNode',
				description: 'Any n8n Embeddings node, connected to this node',
			},
			{
				name: 'Server by URL',
				value: 'http',
				description: 'A Text Embeddings Inference or OpenAI-compatible server',
			},
		],
		default: 'builtIn',
		description: 'What turns prompts into vectors. Another embedder begins a new index.',
	},
	{
		displayName: 'Embedder Model',
		name: 'embedderModel',
		type: 'string',
		default: '',
		placeholder: 'e.g. bge-m3',
		description: 'Model to ask an OpenAI-compatible embedding server for',
	},
	{
		displayName: 'Embedder Protocol',
		name: 'embedderProtocol',
		type: 'options',
		options: [
			{ name: 'OpenAI-Compatible', value: 'openAi' },
			{ name: 'Text Embeddings Inference', value: 'tei' },
		],
		default: 'tei',
		description: 'How the embedding server by URL is spoken to',
	},
	{
		displayName: 'Embedder URL',
		name: 'embedderUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. http://tei:8080',
		description:
			'Address of the embedding server; a key, if it needs one, comes from the environment variable N8N_PROMPT_CACHE_EMBEDDER_API_KEY',
	},
	{
		displayName: 'Guards',
		name: 'guards',
		type: 'multiOptions',
		options: GUARDS.map(([name]) => ({ name: guardLabel(name), value: name })),
		default: GUARDS.map(([name]) => name),
		description:
			'Differences that always make a miss, however similar two prompts are: a number, a name, a date, a negation and so on',
	},
	{
		displayName: 'Highest Error Rate',
		name: 'maxErrorRate',
		type: 'number',
		typeOptions: { minValue: 0.0001, maxValue: 0.5, numberPrecision: 4 },
		default: 0.01,
		description:
			'The share of wrong answers that the policy Verified promises not to exceed, e.g. 0.01 for one in a hundred',
	},
	{
		displayName: 'Index',
		name: 'index',
		type: 'options',
		options: [
			{
				name: 'Automatic',
				value: 'auto',
				description:
					'In process over the embedded file; on Redis by Vector Sets or the query engine where the server has them',
			},
			{
				name: 'Qdrant',
				value: 'qdrant',
				description: 'A Qdrant server by URL',
			},
		],
		default: 'auto',
		description: 'Where similar prompts are searched',
	},
	{
		displayName: 'Judge Timeout (Ms)',
		name: 'judgeTimeoutMs',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 10000,
		description:
			'How long a judging model may take, in milliseconds; then meaning decides. An item of Cache Store, or a turn of Cached Chat Model, waits for it.',
	},
	{
		displayName: 'Label By',
		name: 'labelBy',
		type: 'options',
		options: [
			{
				name: 'Equality',
				value: 'equality',
				description: 'The answers are the same text: for labels, numbers and other short answers',
			},
			{
				name: 'Judge',
				value: 'judge',
				description:
					'A connected chat model tells: on Cache Store with its option Judge Model, on Cached Chat Model at its input Judge. Where it is of no help, meaning decides.',
			},
			{
				name: 'Meaning',
				value: 'embedding',
				description: 'The answers mean the same',
			},
		],
		default: 'embedding',
		description:
			'How the policies Verified and Shadow tell whether a stored answer would have been right',
	},
	{
		displayName: 'Policy',
		name: 'policy',
		type: 'options',
		options: [
			{
				name: 'Guarded',
				value: 'guarded',
				description: 'Serve what surely asks the same: similarity, word comparison and guards',
			},
			{
				name: 'Shadow',
				value: 'shadow',
				description:
					'Serve nothing, but say in the reasons what would have been served, and count it for the report of Inspect',
			},
			{
				name: 'Verified',
				value: 'verified',
				description:
					'Learn for each answer when it is right, by calling the model now and then, and keep the highest error rate',
			},
			{
				name: 'Threshold',
				value: 'threshold',
				description: 'Serve whatever is similar enough, without guards; expect wrong answers',
			},
		],
		default: 'guarded',
	},
	{
		displayName: 'Qdrant URL',
		name: 'qdrantUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. http://qdrant:6333',
		description:
			'Address of the Qdrant server; a key, if it needs one, comes from the environment variable N8N_PROMPT_CACHE_QDRANT_API_KEY',
	},
	{
		displayName: 'Scope',
		name: 'scope',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.userId }}',
		description: 'Similar prompts meet only inside one scope, such as a user or a document',
	},
	{
		displayName: 'Threshold',
		name: 'threshold',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 3 },
		default: 0.9,
		description:
			'Least similarity (cosine, 0 to 1). The policy Guarded has its own, chosen on data, for the built-in embedder.',
	},
];

/**
 * Options of semantic matching, the same wherever it is offered.
 * @param only names of those that matter there; all where left out
 */
export function semanticProperties(
	show: IDisplayOptions['show'],
	only?: readonly string[],
): INodeProperties[] {
	return [
		{
			displayName: 'Semantic Matching',
			name: 'semantic',
			type: 'collection',
			placeholder: 'Add setting',
			default: {},
			displayOptions: { show },
			options: OPTIONS.filter(({ name }) => !only || only.includes(name)),
		},
	];
}
