import type { Json } from '../json';
import { isJsonObject } from '../json';

/**
 * Log-probabilities of an answer's tokens, where the reply tells any: OpenAI chat `choices[0].logprobs.content`,
 * LangChain's `response_metadata.logprobs` of the same shape, Ollama's top-level list (from 0.12.11). Gemini tells
 * their mean only, `candidates[0].avgLogprobs`. Sources: the providers' reply schemas, 2026-11.
 */
export function readLogProbs(reply: Json | undefined): number[] | undefined {
	if (!isJsonObject(reply)) return undefined;
	const place = [reply, first(reply.choices), reply.response_metadata, reply.body].find(
		(one) => isJsonObject(one) && one.logprobs !== undefined && one.logprobs !== null,
	);
	if (isJsonObject(place)) {
		const { logprobs } = place;
		const tokens = isJsonObject(logprobs) ? logprobs.content : logprobs;
		return Array.isArray(tokens) ? tokens.map(logProbOf).filter(Number.isFinite) : undefined;
	}
	const candidate = first(reply.candidates);
	const mean = isJsonObject(candidate) ? candidate.avgLogprobs : undefined;
	return typeof mean === 'number' ? [mean] : undefined;
}

const first = (list: Json | undefined): Json | undefined =>
	Array.isArray(list) ? list[0] : undefined;

const logProbOf = (token: Json): number =>
	isJsonObject(token) && typeof token.logprob === 'number' ? token.logprob : Number.NaN;
