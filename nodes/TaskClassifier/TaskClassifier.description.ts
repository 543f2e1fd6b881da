import type { INodeTypeDescription } from 'n8n-workflow';
import { answerCheckProperties } from '../shared/n8n/answerChecks';
import { requestProperties } from '../shared/n8n/requestProperties';
import { optionsProperty } from './optionsProperty';
import { rulesProperty } from './rulesProperty';

const classify = { operation: ['classify'] };

/** Of the request only its text counts here. */
const WITHOUT_MODEL = requestProperties(classify).filter(
	({ name }) => !['model', 'modelParameters', 'systemPrompt'].includes(name),
);

/** Evaluated by n8n: a judge can be connected where one is asked. */
const inputs = (parameters: { operation?: string; mode?: string }) => [
	{ type: 'main' },
	...(parameters.operation !== 'checkAnswer' && parameters.mode === 'judge'
		? [{ type: 'ai_languageModel', displayName: 'Judge', required: true, maxConnections: 1 }]
		: []),
];

/** Evaluated by n8n: both operations have two ways out. */
const outputs = (parameters: { operation?: string }) =>
	(parameters.operation === 'checkAnswer'
		? ['Accepted', 'Escalate']
		: ['Small Model', 'Large Model']
	).map((displayName) => ({ type: 'main', displayName }));

export const description: INodeTypeDescription = {
	displayName: 'Task Classifier',
	name: 'taskClassifier',
	icon: { light: 'file:taskClassifier.svg', dark: 'file:taskClassifier.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle:
		'={{$parameter["operation"] === "checkAnswer" ? "check an answer" : ($parameter["mode"] === "judge" ? "built-in, judge if unsure" : "built-in") + ", " + $parameter["costQuality"]}}',
	description:
		'Send each prompt to the small or the large model, by what it asks for and how hard it is, and check what the small model answers',
	defaults: { name: 'Task Classifier' },
	usableAsTool: undefined,
	inputs: `={{ (${inputs})($parameter) }}`,
	outputs: `={{ (${outputs})($parameter) }}`,
	properties: [
		{
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Check Answer',
					value: 'checkAnswer',
					action: 'Check an answer of the small model',
					description:
						'Accept an answer of the small model, or send the item on to the large one with the reasons',
				},
				{
					name: 'Classify',
					value: 'classify',
					action: 'Classify a prompt',
					description: 'Send each prompt to the small or the large model',
				},
			],
			default: 'classify',
		},
		...WITHOUT_MODEL,
		{
			displayName: 'Mode',
			name: 'mode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Built-In',
					value: 'builtIn',
					description: 'Decides in this process, in less than a millisecond and without a call',
				},
				{
					name: 'Built-In, Judge if Unsure',
					value: 'judge',
					description:
						'An attached chat model decides the prompts that the built-in one is unsure of',
				},
			],
			default: 'builtIn',
			displayOptions: { show: classify },
		},
		{
			displayName: 'Cost or Quality',
			name: 'costQuality',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2, numberStepSize: 0.05 },
			default: 0.5,
			description:
				'Where the line between the models is drawn: 0 sends everything to the small model, 1 everything to the large one',
			displayOptions: { show: classify },
		},
		{ ...rulesProperty, displayOptions: { show: classify } },
		{ ...optionsProperty, displayOptions: { show: classify } },
		{
			displayName: 'Answer',
			name: 'answer',
			type: 'string',
			default: '',
			placeholder: 'e.g. {{ $json.message.content }}',
			description:
				"The small model's answer or whole reply. Leave empty to take the item as it comes from an HTTP Request, a chain or an agent.",
			displayOptions: { show: { operation: ['checkAnswer'] } },
		},
		{
			displayName: 'The Answer Must',
			name: 'checks',
			type: 'collection',
			placeholder: 'Add check',
			default: {},
			description:
				'Without any check, an answer fails that is empty, cut or an error, that says "I do not know", or that is no JSON where the request asked for it',
			displayOptions: { show: { operation: ['checkAnswer'] } },
			options: answerCheckProperties,
		},
	],
};
