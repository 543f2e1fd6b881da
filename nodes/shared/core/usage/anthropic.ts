import type { JsonObject } from './json';
import { child, firstText, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { noDetails, reading } from './reading';
import { reportedCost } from './reportedCost';
import { serviceTier } from './serviceTier';
import { splitInput, splitOutput, splitWrites } from './split';

/**
 * Anthropic Messages, from Anthropic, Bedrock InvokeModel or Vertex: cache reads and writes come on
 * top of `input_tokens`. A compaction step is billed but left out of the totals, so it is added
 * (`usage.iterations`, Anthropic SDK, 2026).
 */
export function readAnthropic(reply: JsonObject, headers: JsonObject): UsageReading | null {
	const usage = child(reply, 'usage');
	const output = tokens(usage.output_tokens);
	if (tokens(usage.input_tokens) === null && output === null) return null;
	if (!isAnthropic(reply, usage)) return null;

	const extra = compactions(usage);
	const plus = (count: number | null, key: string): number | null => {
		const more = extra.reduce((sum, step) => sum + (tokens(step[key]) ?? 0), 0);
		return count === null && more === 0 ? null : (count ?? 0) + more;
	};
	const byLife = (key: string): number | null => {
		const own = tokens(child(usage, 'cache_creation')[key]);
		const more = extra.reduce(
			(sum, step) => sum + (tokens(child(step, 'cache_creation')[key]) ?? 0),
			0,
		);
		return own === null && more === 0 ? null : (own ?? 0) + more;
	};
	const input = splitInput({
		total: plus(tokens(usage.input_tokens), 'input_tokens'),
		cacheRead: plus(tokens(usage.cache_read_input_tokens), 'cache_read_input_tokens'),
		...splitWrites(
			plus(tokens(usage.cache_creation_input_tokens), 'cache_creation_input_tokens'),
			byLife('ephemeral_5m_input_tokens'),
			byLife('ephemeral_1h_input_tokens'),
		),
		audio: null,
		cacheInside: false,
	});
	const outputParts = splitOutput({
		total: plus(output, 'output_tokens'),
		reasoning: tokens(child(usage, 'output_tokens_details').thinking_tokens),
		audio: null,
		reasoningInside: true,
	});
	return reading(
		'anthropic',
		{ ...input.parts, ...outputParts },
		{
			provider: providerOf(reply),
			model: firstText(reply.model),
			details: {
				...noDetails,
				webSearches: tokens(child(usage, 'server_tool_use').web_search_requests) ?? 0,
			},
			serviceTier: serviceTier(usage.service_tier, reply.service_tier),
			modifiers: modifiersOf(usage),
			reportedCost: reportedCost(reply, usage, headers, 'anthropic'),
		},
	);
}

function isAnthropic(reply: JsonObject, usage: JsonObject): boolean {
	return (
		reply.type === 'message' ||
		'stop_reason' in reply ||
		[
			'cache_creation_input_tokens',
			'cache_read_input_tokens',
			'cache_creation',
			'server_tool_use',
		].some((key) => key in usage) ||
		/claude/i.test(firstText(reply.model) ?? '')
	);
}

/** Other houses serve this format too; only the message id and Claude's name tell Anthropic's own. */
function providerOf(reply: JsonObject): string | null {
	const id = firstText(reply.id) ?? '';
	if (id.startsWith('msg_bdrk_')) return 'aws';
	if (id.startsWith('msg_vrtx_')) return 'google';
	return /^claude/i.test(firstText(reply.model) ?? '') ? 'anthropic' : null;
}

function modifiersOf(usage: JsonObject): string[] {
	const geo = firstText(usage.inference_geo);
	const speed = firstText(usage.speed);
	return [geo && `geo:${geo}`, speed && `speed:${speed}`].filter(
		(name) => typeof name === 'string',
	);
}

function compactions(usage: JsonObject): JsonObject[] {
	const steps = Array.isArray(usage.iterations) ? usage.iterations : [];
	return steps.filter((step) => isObject(step) && step.type === 'compaction') as JsonObject[];
}
