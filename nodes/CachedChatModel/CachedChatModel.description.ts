import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { answerCheckProperties } from '../shared/n8n/answerChecks';
import { backendProperty } from '../shared/n8n/backend';
import { cacheProperties } from '../shared/n8n/cacheProperties';
import { semanticProperties } from '../shared/n8n/semanticProperties';
import { cacheOptions, storingProperties } from '../shared/n8n/subNodeProperties';

/** Evaluated by n8n: an Embeddings node or a judging model can be connected where semantic matching uses one. */
const inputs = (parameters: {
	match?: string;
	semantic?: { embedder?: string; labelBy?: string };
}) => [
	{ type: 'ai_languageModel', displayName: 'Model', required: true, maxConnections: 1 },
	{ type: 'ai_languageModel', displayName: 'Small Model', required: false, maxConnections: 1 },
	...(parameters.match === 'semantic' && parameters.semantic?.labelBy === 'judge'
		? [{ type: 'ai_languageModel', displayName: 'Judge', required: true, maxConnections: 1 }]
		: []),
	...(parameters.match === 'semantic' && parameters.semantic?.embedder === 'subNode'
		? [{ type: 'ai_embedding', displayName: 'Embeddings', required: true, maxConnections: 1 }]
		: []),
];

export const description: INodeTypeDescription = {
	displayName: 'Cached Chat Model',
	name: 'cachedChatModel',
	icon: { light: 'file:cachedChatModel.svg', dark: 'file:cachedChatModel.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle:
		'={{$parameter["turns"] === "all" ? "all turns" : "final answers"}}, {{$parameter["backend"]}}',
	description: 'Put a cache between any chat model and the agent or chain that uses it',
	defaults: { name: 'Cached Chat Model' },
	usableAsTool: undefined,
	inputs: `={{ (${inputs})($parameter) }}`,
	outputs: [NodeConnectionTypes.AiLanguageModel],
	outputNames: ['Model'],
	credentials: [
		{
			name: 'promptCacheRedisApi',
			required: true,
			displayOptions: { show: { backend: ['redis'] } },
		},
	],
	properties: [
		backendProperty,
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
						'Also a last turn that asks the same in other words; all else of the request must be the same',
				},
			],
			default: 'exact',
		},
		...semanticProperties({ match: ['semantic'] }),
		{
			displayName: 'Cached Turns',
			name: 'turns',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'All',
					value: 'all',
					description:
						'Also turns that call tools or carry their results: a whole agent run is answered from the cache. For tools that give the same result each time.',
				},
				{
					name: 'Final Answers',
					value: 'finalAnswers',
					description:
						'Only answers in which no tool had a part, since tools act and their results change. Structured answers count as final.',
				},
			],
			default: 'finalAnswers',
			description: 'Which turns of an agent are cached',
		},
		{
			displayName: 'Cost or Quality',
			name: 'costQuality',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2, numberStepSize: 0.05 },
			default: 0.5,
			description:
				'Where the line between the models is drawn, if a small model is connected: 0 sends everything to the small model, 1 everything to the large one. A conversation stays with the model that began it.',
		},
		{
			displayName: "Check the Small Model's Answer",
			name: 'checkSmallModel',
			type: 'boolean',
			default: false,
			description:
				'Whether an answer of the small model is checked before it is given. Where it fails the check, the large model is asked in the same turn and both calls are paid. A streamed answer of the small model then comes when it is whole.',
		},
		{
			displayName: 'The Answer Must',
			name: 'checks',
			type: 'collection',
			placeholder: 'Add check',
			default: {},
			description:
				'Without any check, an answer fails that is empty, cut or an error, or that says "I do not know"',
			displayOptions: { show: { checkSmallModel: [true] } },
			options: answerCheckProperties,
		},
		...storingProperties,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: cacheOptions,
		},
	],
};
