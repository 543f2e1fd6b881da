import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Classifier, ClassifyOptions } from '../core/classify/classifyPrompt';
import { classifyPrompt } from '../core/classify/classifyPrompt';
import { promptText } from '../core/classify/promptText';
import type { Tier } from '../core/classify/taskTypes';
import type { Json, JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { textOf } from '../core/request/requestTexts';

/** Which model answers a turn, and why. */
export interface ModelChoice {
	tier: Tier;
	reasons: string[];
	task: JsonObject | null;
}

/** Which model gave an answer, by the question and the answer; lets a conversation stay where it began. */
export type ConversationMemory = LRUCache<string, Tier>;

export function createConversationMemory(): ConversationMemory {
	return new LRUCache({ max: 20_000, ttl: 24 * 3_600_000, ttlAutopurge: false });
}

/**
 * Chooses the model for a turn. The first turn of a conversation decides by its task; later ones stay with the model
 * that gave the last answer. Where that is not known (another process gave it), the conversation's opening decides
 * again, with the same result as long as memory has not dropped it.
 */
export function chooseModel(
	request: JsonObject,
	classifier: Classifier,
	options: ClassifyOptions,
	memory: ConversationMemory,
): ModelChoice {
	const messages = Array.isArray(request.messages) ? request.messages.filter(isJsonObject) : [];
	const begun = messages.findIndex(({ role }) => role === 'assistant');
	if (begun < 0) return decide(request, classifier, options);
	const known = memory.get(lastExchange(messages));
	if (known) {
		return {
			tier: known,
			reasons: ['the conversation stays with the model that began it'],
			task: null,
		};
	}
	const opening = { ...request, messages: messages.slice(0, begun) };
	const choice = decide(opening, classifier, options);
	return { ...choice, reasons: [...choice.reasons, 'decided by the opening of the conversation'] };
}

/** Remembers which model answered a turn. */
export function rememberChoice(
	request: JsonObject,
	answer: string,
	toolNames: readonly string[],
	tier: Tier,
	memory: ConversationMemory,
): void {
	const messages = Array.isArray(request.messages) ? request.messages.filter(isJsonObject) : [];
	const question = messages.findLast(({ role }) => role === 'user');
	memory.set(exchange(question?.content, answer, toolNames), tier);
}

function decide(
	request: JsonObject,
	classifier: Classifier,
	options: ClassifyOptions,
): ModelChoice {
	const { type, tier, difficulty, confidence, language, reasons } = classifyPrompt(
		classifier,
		promptText(request),
		options,
	);
	return { tier, reasons, task: { type, tier, difficulty, confidence, language } };
}

/** The last answer of the conversation, with the question before it. */
function lastExchange(messages: JsonObject[]): string {
	const at = messages.findLastIndex(({ role }) => role === 'assistant');
	const answer = messages[at]!;
	const question = messages.slice(0, at).findLast(({ role }) => role === 'user');
	const calls = Array.isArray(answer.tool_calls) ? answer.tool_calls : [];
	const names = calls.filter(isJsonObject).map(({ name }) => String(name));
	return exchange(question?.content, textOf(answer.content), names);
}

function exchange(
	question: Json | undefined,
	answer: string,
	toolNames: readonly string[],
): string {
	const parts = JSON.stringify([textOf(question), answer, toolNames]);
	return createHash('sha256').update(parts).digest('base64');
}
