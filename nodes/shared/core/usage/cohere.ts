import type { JsonObject } from './json';
import { child, firstText, firstTokens, tokens } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { splitInput, splitOutput } from './split';

/** Cohere v1 (`meta`) and v2 (`usage`): `billed_units` is what is charged, `tokens` what was processed. */
export function readCohere(reply: JsonObject): UsageReading | null {
	for (const holder of [child(reply, 'usage'), child(reply, 'meta')]) {
		const billed = child(holder, 'billed_units');
		const seen = child(holder, 'tokens');
		const inputTokens = firstTokens(billed.input_tokens, seen.input_tokens);
		const output = firstTokens(billed.output_tokens, seen.output_tokens);
		if (inputTokens === null && output === null) continue;
		const input = splitInput({
			total: inputTokens,
			cacheRead: tokens(holder.cached_tokens),
			cacheWrite5m: null,
			cacheWrite1h: null,
			audio: null,
			cacheInside: true,
		});
		const outputParts = splitOutput({
			total: output,
			reasoning: null,
			audio: null,
			reasoningInside: true,
		});
		return reading(
			'cohere',
			{ ...input.parts, ...outputParts },
			{ provider: 'cohere', model: firstText(reply.model) },
		);
	}
	return null;
}
