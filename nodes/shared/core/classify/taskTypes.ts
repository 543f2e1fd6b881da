/** The task types a prompt can have, in the order of the model's outputs; `other` is never learned. */
export const TASK_TYPES = [
	'classification',
	'extraction',
	'rewriting',
	'summarization',
	'translation',
	'format',
	'factual_qa',
	'creative_writing',
	'brainstorming',
	'reasoning',
	'math',
	'coding',
	'long_form',
	'explanation',
	'chat',
	'other',
] as const;

/** One of the sixteen task types. */
export type TaskType = (typeof TASK_TYPES)[number];

/** The side a prompt is sent to. */
export type Tier = 'small' | 'large';

/** Languages with their own lexicon; `other` is any other language, `none` is text in no language. */
export type PromptLanguage = 'en' | 'fr' | 'de' | 'es' | 'other' | 'none';

/** How many leading types a small model usually handles (classification … factual_qa). */
export const SMALL_TYPE_COUNT = 7;

/** How many types the model learns: all but `other`. */
export const LEARNED_TYPE_COUNT = TASK_TYPES.length - 1;

/** Whether a value is one of the sixteen task types. */
export function isTaskType(value: unknown): value is TaskType {
	return typeof value === 'string' && (TASK_TYPES as readonly string[]).includes(value);
}
