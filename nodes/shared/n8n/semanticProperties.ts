import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';
import { GUARDS } from '../core/guards/allGuards';

/** What a guard looks at, for people. */
const guardLabel = (name: string): string => {
	const words = name.replace(/([A-Z])/g, ' $1');
	return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Options of semantic matching, the same wherever it is offered. */
export function semanticProperties(show: IDisplayOptions['show']): INodeProperties[] {
	return [
		{
			displayName: 'Semantic Matching',
			name: 'semantic',
			type: 'collection',
			placeholder: 'Add setting',
			default: {},
			displayOptions: { show },
			options: [
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
					],
					default: 'builtIn',
					description: 'What turns prompts into vectors. Another embedder begins a new index.',
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
					displayName: 'Label By',
					name: 'labelBy',
					type: 'options',
					options: [
						{
							name: 'Equality',
							value: 'equality',
							description:
								'The answers are the same text: for labels, numbers and other short answers',
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
							description:
								'Serve what surely asks the same: similarity, word comparison and guards',
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
			],
		},
	];
}
