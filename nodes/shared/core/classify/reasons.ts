import type { DifficultySignals } from './difficulty';
import type { PromptStructure } from './structure';
import type { TaskType } from './taskTypes';

const ASKS: Record<TaskType, string> = {
	classification: 'asks to pick a label or to judge a text',
	extraction: 'asks for facts that stand in a given text',
	rewriting: 'asks for other wording of the same text',
	summarization: 'asks for a summary',
	translation: 'asks for a translation',
	format: 'asks to convert, sort or check a format',
	factual_qa: 'asks for a short fact',
	creative_writing: 'asks for a story, a poem or another invented text',
	brainstorming: 'asks for ideas or suggestions',
	reasoning: 'asks to reason, weigh or deduce',
	math: 'asks for a calculation or a proof',
	coding: 'asks for code or is about code',
	long_form: 'asks for a long text such as an article, a letter or a plan',
	explanation: 'asks how or why, or for a comparison',
	chat: 'is conversation, role play or personal advice',
	other: 'no known task was found',
};

const NUMBER_WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

function counted(n: number, one: string, many: string): string {
	return `${NUMBER_WORDS[n] ?? String(n)} ${n === 1 ? one : many}`;
}

/** Why the prompt was taken as it was, for a reader who knows nothing of models; most telling first. */
export function explainDecision(
	type: TaskType,
	confidence: number,
	signals: DifficultySignals,
	structure: PromptStructure,
): string[] {
	const reasons = [ASKS[type]];
	const parts: string[] = [];
	if (signals.constraints > 0) {
		parts.push(counted(signals.constraints, 'constraint', 'constraints'));
	}
	if (type === 'math' && signals.formal > 1) parts.push('formal mathematics');
	if (signals.steps > 3) parts.push('several steps');
	if (signals.conditions > 3) parts.push('several conditions');
	if ((type === 'math' || type === 'reasoning') && structure.numbers > 3) {
		parts.push(counted(structure.numbers, 'number', 'numbers'));
	}
	if (signals.requests > 2) parts.push(counted(signals.requests, 'request', 'requests'));
	if (parts.length > 0) reasons.push(joinAnd(parts));
	if (structure.hasCodeFence || structure.codeDensity > 0.04) reasons.push('contains code or data');
	else if (structure.payloadWords > 40) {
		reasons.push(`works on a pasted text of about ${roundWords(structure.payloadWords)} words`);
	}
	if (structure.dialogTurns > 1) reasons.push('goes on with a conversation');
	if (confidence < 0.5) reasons.push(`not sure (${Math.round(confidence * 100)} %)`);
	return reasons;
}

function roundWords(n: number): number {
	return n > 100 ? Math.round(n / 50) * 50 : Math.round(n / 10) * 10;
}

function joinAnd(parts: string[]): string {
	const last = parts[parts.length - 1]!;
	return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
