import { readAnswer } from '../core/answer/readAnswer';
import type { Json, JsonObject } from '../core/json';
import { requestTexts } from '../core/request/requestTexts';
import type { UsageReading } from '../core/usage/reading';
import { reading } from '../core/usage/reading';
import { unknownUsage } from '../core/usage/record';
import type { CountTokens } from './countRequest';
import { countRequest } from './countRequest';

/** What is known of a call whose tokens nobody reported. */
export interface UnreportedCall {
	request: JsonObject;
	/** What was answered, in the shape of any provider or with a text field. */
	response: Json;
	provider: string | null;
}

/**
 * Usage counted on the texts of request and answer, marked as estimated. Images, hidden reasoning and what a provider
 * adds are not in it. Null where there is no answer to count: a failed call is not billed by guess.
 */
export async function estimateUsage(
	{ request, response, provider }: UnreportedCall,
	countTokens: CountTokens,
): Promise<UsageReading | null> {
	const { text, error, status } = readAnswer(response);
	const { model, user } = requestTexts(request);
	const isFailed = error !== null || (status !== null && status >= 400);
	// A shape nobody knows reads as its whole JSON, and the question may stand where an answer is looked for.
	if (isFailed || text === '' || text === user || text === JSON.stringify(response)) return null;
	const usage = {
		...unknownUsage(),
		inputUncached: await countRequest(request, countTokens),
		outputText: await countTokens(text),
	};
	return reading('n8n', usage, { model, provider, estimated: true });
}
