import type { JsonObject } from './json';
import { firstText, tokens } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { unknownUsage } from './record';

const nsPerMs = 1_000_000;

/**
 * Ollama's native API. `prompt_eval_count` is left out when a cached prefix was reused: unknown, not
 * 0. Durations are in ns. Models whose name ends in "cloud" run at Ollama, not on the machine.
 */
export function readOllama(reply: JsonObject): UsageReading | null {
	const signs = [
		'eval_count',
		'prompt_eval_count',
		'eval_duration',
		'load_duration',
		'total_duration',
	];
	if (!signs.some((key) => key in reply)) return null;
	const model = firstText(reply.model);
	const total = tokens(reply.total_duration);
	return reading(
		'ollama',
		{
			...unknownUsage(),
			inputUncached: tokens(reply.prompt_eval_count),
			outputText: tokens(reply.eval_count),
		},
		{
			provider: 'ollama',
			model,
			local: !/[:-]cloud$/.test(model ?? ''),
			durationMs: total === null ? null : Math.round(total / nsPerMs),
		},
	);
}
