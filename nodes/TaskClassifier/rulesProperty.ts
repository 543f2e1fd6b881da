import type { INodeProperties } from 'n8n-workflow';
import { taskTypeOptions } from './taskTypeOptions';

const shownWhen = (...when: string[]): Pick<INodeProperties, 'displayOptions'> => ({
	displayOptions: { show: { when } },
});

/** The user's own rules: the first that holds decides the side. */
export const rulesProperty: INodeProperties = {
	displayName: 'Rules',
	name: 'rules',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	placeholder: 'Add Rule',
	default: {},
	description: 'Tried in order before the built-in decision; the first that holds decides the side',
	options: [
		{
			displayName: 'Rule',
			name: 'rule',
			values: [
				{
					displayName: 'When',
					name: 'when',
					type: 'options',
					options: [
						{ name: 'Longer Than', value: 'longerThan' },
						{ name: 'Shorter Than', value: 'shorterThan' },
						{ name: 'The Language Is', value: 'language' },
						{ name: 'The Prompt Matches', value: 'pattern' },
						{ name: 'The Task Is', value: 'task' },
					],
					default: 'pattern',
				},
				{
					displayName: 'Pattern',
					name: 'pattern',
					type: 'string',
					default: '',
					placeholder: 'e.g. contract|legal',
					description: 'Regular expression; letter case does not matter',
					...shownWhen('pattern'),
				},
				{
					displayName: 'Characters',
					name: 'chars',
					type: 'number',
					typeOptions: { minValue: 0 },
					default: 4000,
					...shownWhen('longerThan', 'shorterThan'),
				},
				{
					displayName: 'Language',
					name: 'language',
					type: 'options',
					options: [
						{ name: 'Another Language', value: 'other' },
						{ name: 'English', value: 'en' },
						{ name: 'French', value: 'fr' },
						{ name: 'German', value: 'de' },
						{ name: 'No Language', value: 'none' },
						{ name: 'Spanish', value: 'es' },
					],
					default: 'en',
					...shownWhen('language'),
				},
				{
					displayName: 'Task',
					name: 'task',
					type: 'options',
					options: taskTypeOptions,
					default: 'coding',
					...shownWhen('task'),
				},
				{
					displayName: 'Send To',
					name: 'side',
					type: 'options',
					options: [
						{ name: 'Large Model', value: 'large' },
						{ name: 'Small Model', value: 'small' },
					],
					default: 'large',
				},
			],
		},
	],
};
