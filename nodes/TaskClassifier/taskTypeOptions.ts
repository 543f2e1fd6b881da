import type { INodePropertyOptions } from 'n8n-workflow';
import type { TaskType } from '../shared/core/classify/taskTypes';

/** The task types as a user chooses them, by name. */
export const taskTypeOptions: Array<INodePropertyOptions & { value: TaskType }> = [
	{ name: 'Brainstorming', value: 'brainstorming' },
	{ name: 'Chat', value: 'chat' },
	{ name: 'Classification', value: 'classification' },
	{ name: 'Coding', value: 'coding' },
	{ name: 'Creative Writing', value: 'creative_writing' },
	{ name: 'Explanation', value: 'explanation' },
	{ name: 'Extraction', value: 'extraction' },
	{ name: 'Factual Question', value: 'factual_qa' },
	{ name: 'Format', value: 'format' },
	{ name: 'Long Text', value: 'long_form' },
	{ name: 'Math', value: 'math' },
	{ name: 'Other', value: 'other' },
	{ name: 'Reasoning', value: 'reasoning' },
	{ name: 'Rewriting', value: 'rewriting' },
	{ name: 'Summarization', value: 'summarization' },
	{ name: 'Translation', value: 'translation' },
];
