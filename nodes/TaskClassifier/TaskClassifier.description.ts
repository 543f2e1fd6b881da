import { NodeConnectionTypes, type INodeTypeDescription } from 'n8n-workflow';
import { requestProperties } from '../shared/n8n/requestProperties';
import { optionsProperty } from './optionsProperty';
import { rulesProperty } from './rulesProperty';

/** Of the request only its text counts here. */
const WITHOUT_MODEL = requestProperties().filter(
	({ name }) => !['model', 'modelParameters', 'systemPrompt'].includes(name),
);

export const description: INodeTypeDescription = {
	displayName: 'Task Classifier',
	name: 'taskClassifier',
	icon: { light: 'file:taskClassifier.svg', dark: 'file:taskClassifier.dark.svg' },
	group: ['transform'],
	version: [1],
	subtitle:
		'={{$parameter["mode"] === "judge" ? "built-in, judge if unsure" : "built-in"}}, {{$parameter["costQuality"]}}',
	description:
		'Send each prompt to the small or the large model, by what it asks for and how hard it is',
	defaults: { name: 'Task Classifier' },
	usableAsTool: undefined,
	inputs: `={{ $parameter["mode"] === "judge" ? [{ type: "${NodeConnectionTypes.Main}" }, { type: "${NodeConnectionTypes.AiLanguageModel}", displayName: "Judge", required: true, maxConnections: 1 }] : [{ type: "${NodeConnectionTypes.Main}" }] }}`,
	outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
	outputNames: ['Small Model', 'Large Model'],
	properties: [
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
		},
		{
			displayName: 'Cost or Quality',
			name: 'costQuality',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2, numberStepSize: 0.05 },
			default: 0.5,
			description:
				'Where the line between the models is drawn: 0 sends everything to the small model, 1 everything to the large one',
		},
		rulesProperty,
		optionsProperty,
	],
};
