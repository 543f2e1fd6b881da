import { readLogProbs } from '../answer/logProbs';
import { readAnswer } from '../answer/readAnswer';
import { asReply, type ChatAnswer } from '../chat/chatAnswer';
import { validateReply, type AnswerChecks } from './validateAnswer';

/** What is wrong with a chat model's answer; nothing where it will do. A turn that calls tools is judged by its form only. */
export function chatFaults(answer: ChatAnswer, checks: AnswerChecks): string[] {
	if (answer.invalidToolCalls > 0) return ['a tool call of the answer cannot be read'];
	const { response_metadata: told } = answer.record.message;
	const verdict = validateReply(readAnswer(asReply(answer)), readLogProbs(told), checks);
	return verdict.ok ? [] : verdict.reasons;
}
