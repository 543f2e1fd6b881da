import type { IDataObject } from 'n8n-workflow';
import { classifyPrompt, type Classifier } from '../shared/core/classify/classifyPrompt';
import type { Tier } from '../shared/core/classify/taskTypes';
import type { Judge } from './askJudge';
import type { ClassifySettings } from './classifySettings';

/** What an item gets as `task`. */
export interface Task extends IDataObject {
	tier: Tier;
	reasons: string[];
}

/** Decides one prompt; an uncertain one is put to the judge, whose failure leaves the built-in decision. */
export async function classifyItem(
	classifier: Classifier,
	text: string,
	settings: ClassifySettings,
	judge: Judge | undefined,
): Promise<Task> {
	const startedAt = performance.now();
	const builtIn = classifyPrompt(classifier, text, settings);
	const classifyMs = rounded(performance.now() - startedAt);
	const isAsked =
		judge !== undefined && text.trim() !== '' && builtIn.confidence < settings.judgeBelow;
	if (!isAsked) return { ...shown(builtIn), classifyMs };
	const askedAt = performance.now();
	const { type, usage, error } = await judge(text, settings.labels, settings.judgeTimeoutMs);
	const judgeMs = rounded(performance.now() - askedAt);
	const judged = { type, usage, ms: judgeMs, ...(error ? { error } : {}) };
	if (type === null) {
		const reasons = [...builtIn.reasons, `the judge was of no help (${error}): built-in decision`];
		return { ...shown(builtIn), reasons, classifyMs, judge: judged };
	}
	const decided = classifyPrompt(classifier, text, { ...settings, judgedType: type });
	return { ...shown(decided), classifyMs, judge: judged };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function shown(decision: ReturnType<typeof classifyPrompt>): ReturnType<typeof classifyPrompt> {
	const { difficulty, confidence } = decision;
	return { ...decision, difficulty: rounded(difficulty), confidence: rounded(confidence) };
}
