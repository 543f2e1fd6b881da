/** A message as far as marking goes. */
export interface MarkableMessage {
	role: 'system' | 'user' | 'assistant' | 'tool' | 'other';
	/** Estimated tokens. */
	tokens: number;
}

/** Four characters a token: marks need the order of magnitude only, and short prefixes are not marked. */
export function estimatedTokens(text: string): number {
	return Math.ceil(text.length / 4);
}

/**
 * Smallest prefix that Anthropic keeps, in tokens; a shorter one is silently not kept. An unknown model is taken to
 * need the most. Source: Anthropic documentation on prompt caching, 2026-11.
 */
export function smallestPrefix(model: string): number {
	const known = SMALLEST_PREFIXES.find(([pattern]) => pattern.test(model));
	return known ? known[1] : 4096;
}

const SMALLEST_PREFIXES: ReadonlyArray<readonly [RegExp, number]> = [
	[/3-5-haiku|haiku-3|3-haiku/i, 2048],
	[/haiku|opus-4-[5-9]/i, 4096],
	[/sonnet|opus/i, 1024],
];

/**
 * Where Anthropic's `cache_control` pays: after the last system message, which with the tools before it comes again
 * in every call; and, in a tool loop, after the last message, since the next turn repeats all of it. A write costs
 * more than plain input, so a prefix that is too short to be kept, or that nothing will repeat, is not marked.
 * @returns indexes of messages, at most 2 of the 4 marks a request may carry
 */
export function anthropicMarks(
	messages: readonly MarkableMessage[],
	toolTokens: number,
	smallest: number,
): number[] {
	const marks: number[] = [];
	const lastSystem = messages.findLastIndex(({ role }) => role === 'system');
	let prefix = toolTokens;
	messages.forEach(({ tokens }, at) => {
		if (at <= lastSystem) prefix += tokens;
	});
	if (lastSystem >= 0 && prefix >= smallest) marks.push(lastSystem);
	const whole = toolTokens + messages.reduce((sum, { tokens }) => sum + tokens, 0);
	const last = messages.length - 1;
	const grows = toolTokens > 0 && last > lastSystem;
	if (grows && whole >= smallest) marks.push(last);
	return marks;
}

/** OpenAI keeps prefixes of this many tokens and more; a key then sends equal prefixes to the same machine (2026-11). */
export const OPENAI_SMALLEST_PREFIX = 1024;
