import type { JsonObject } from './json';
import { child, isObject, tokens } from './json';

/**
 * Turns a list of chunks or events into the whole replies they make up: the last cumulative usage
 * of each, never the sum of chunks. Two runs in one list (a retry) stay two replies.
 * @returns the replies, or null when the list is not a stream
 */
export function assembleStream(events: readonly JsonObject[]): JsonObject[] | null {
	const family = families.find(({ matches }) => events.some(matches));
	return family === undefined ? null : family.assemble(events);
}

interface StreamFamily {
	matches: (event: JsonObject) => boolean;
	assemble: (events: readonly JsonObject[]) => JsonObject[];
}

const families: StreamFamily[] = [
	{ matches: (event) => event.type === 'message_start', assemble: anthropicStream },
	{ matches: isResponsesEvent, assemble: responsesStream },
	{ matches: isChatChunk, assemble: (events) => runs(events, chatRun) },
	{
		matches: (event) => isObject(event.usageMetadata),
		assemble: (events) => runs(events, geminiRun),
	},
	{ matches: isConverseEvent, assemble: converseStream },
	{ matches: (event) => 'done' in event && 'model' in event, assemble: ollamaStream },
	{
		matches: (event) => event.type === 'finish' || event.type === 'finish-step',
		assemble: aiSdkStream,
	},
	{ matches: isLangChainChunk, assemble: langChainStream },
	{ matches: isCohereEnd, assemble: cohereStream },
];

function isResponsesEvent(event: JsonObject): boolean {
	return typeof event.type === 'string' && /^response\./.test(event.type);
}

function responsesStream(events: readonly JsonObject[]): JsonObject[] {
	const ends = events.filter(({ type }) =>
		['response.completed', 'response.incomplete', 'response.failed', 'response.done'].includes(
			String(type),
		),
	);
	return ends.map((event) => child(event, 'response'));
}

function isChatChunk(event: JsonObject): boolean {
	return (
		event.object === 'chat.completion.chunk' ||
		(Array.isArray(event.choices) && 'delta' in child0(event))
	);
}

function child0(event: JsonObject): JsonObject {
	const first: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
	return isObject(first) ? first : {};
}

/** Groups by response id; chunks without an id belong to the run before them. */
function runs(
	events: readonly JsonObject[],
	assemble: (events: readonly JsonObject[]) => JsonObject,
): JsonObject[] {
	const groups = new Map<string, JsonObject[]>();
	let current = '';
	for (const event of events) {
		const id = event.id ?? event.responseId;
		if (typeof id === 'string' && id !== '') current = id;
		const group = groups.get(current) ?? [];
		group.push(event);
		groups.set(current, group);
	}
	const anonymous = groups.get('');
	const first = [...groups.keys()].find((id) => id !== '');
	if (anonymous !== undefined && first !== undefined) {
		groups.set(first, [...anonymous, ...(groups.get(first) ?? [])]);
		groups.delete('');
	}
	return [...groups.values()].map(assemble);
}

function chatRun(events: readonly JsonObject[]): JsonObject {
	const whole: JsonObject = {};
	for (const event of events) {
		for (const [key, value] of Object.entries(event)) {
			const keep = value !== null && value !== undefined && key !== 'choices' && key !== 'x_groq';
			if (keep) whole[key] = value;
		}
		const groq = child(event, 'x_groq');
		if (isObject(groq.usage)) whole.x_groq = groq;
	}
	return whole;
}

function geminiRun(events: readonly JsonObject[]): JsonObject {
	const whole: JsonObject = {};
	let usage: JsonObject = {};
	for (const event of events) {
		Object.assign(whole, event);
		usage = { ...usage, ...child(event, 'usageMetadata') };
	}
	return { ...whole, usageMetadata: usage };
}

/**
 * Anthropic: the input stands in `message_start`, the cumulative output in the last
 * `message_delta`. Without a delta the stream broke off and its output is unknown.
 */
function anthropicStream(events: readonly JsonObject[]): JsonObject[] {
	const messages: JsonObject[] = [];
	for (const event of events) {
		if (event.type === 'message_start') {
			const message = child(event, 'message');
			const usage = { ...child(message, 'usage'), output_tokens: undefined };
			messages.push({ type: 'message', ...message, usage });
			continue;
		}
		const message = messages.at(-1);
		if (message === undefined || event.type !== 'message_delta') continue;
		message.usage = largest(child(message, 'usage'), child(event, 'usage'));
	}
	return messages;
}

/** Cumulative counters only grow: of two statements the larger is the later one. */
function largest(before: JsonObject, after: JsonObject): JsonObject {
	const whole: JsonObject = { ...before };
	for (const [key, value] of Object.entries(after)) {
		const known = tokens(before[key]);
		if (value === null) continue;
		if (isObject(value)) whole[key] = largest(child(before, key), value);
		else if (typeof value !== 'number' || known === null || value > known) whole[key] = value;
	}
	return whole;
}

function isConverseEvent(event: JsonObject): boolean {
	return (
		tokens(child(child(event, 'metadata'), 'usage').inputTokens) !== null ||
		'contentBlockDelta' in event
	);
}

function converseStream(events: readonly JsonObject[]): JsonObject[] {
	const whole = events.reduce<JsonObject>((all, event) => Object.assign(all, event), {});
	const ends = events.map((event) => child(event, 'metadata')).filter((end) => isObject(end.usage));
	return ends.map((end) => ({
		stopReason: null,
		modelId: whole.modelId,
		model: whole.model,
		...end,
	}));
}

function ollamaStream(events: readonly JsonObject[]): JsonObject[] {
	return events.filter((event) => event.done === true);
}

function aiSdkStream(events: readonly JsonObject[]): JsonObject[] {
	const steps = events.filter((event) => event.type === 'finish-step');
	const end = events.findLast((event) => event.type === 'finish');
	const model = events
		.map((event) => child(event, 'response').modelId ?? event.modelId)
		.find((id) => typeof id === 'string');
	if (end !== undefined) return [{ modelId: model, ...end }];
	return steps;
}

function isLangChainChunk(event: JsonObject): boolean {
	const type = event.type ?? (Array.isArray(event.id) ? event.id.at(-1) : undefined);
	return (
		type === 'AIMessageChunk' || (Array.isArray(event.id) && event.id.includes('AIMessageChunk'))
	);
}

/** LangChain chunks carry increments; providers that repeat the input send cumulative counts. */
function langChainStream(events: readonly JsonObject[]): JsonObject[] {
	const messages = events.map((event) =>
		'usage_metadata' in event ? event : child(event, 'kwargs'),
	);
	const counted = messages.filter((message) => isObject(message.usage_metadata));
	const cumulative =
		counted.filter((m) => (tokens(child(m, 'usage_metadata').input_tokens) ?? 0) > 0).length > 1;
	const usage = cumulative
		? child(counted.at(-1), 'usage_metadata')
		: counted.reduce<JsonObject>((sum, m) => addCounts(sum, child(m, 'usage_metadata')), {});
	const response = messages.reduce<JsonObject>(
		(all, m) => Object.assign(all, child(m, 'response_metadata')),
		{},
	);
	return counted.length === 0 ? [] : [{ usage_metadata: usage, response_metadata: response }];
}

function addCounts(a: JsonObject, b: JsonObject): JsonObject {
	const sum: JsonObject = { ...a };
	for (const [key, value] of Object.entries(b)) {
		if (isObject(value)) sum[key] = addCounts(child(a, key), value);
		else if (typeof value === 'number') sum[key] = (tokens(a[key]) ?? 0) + value;
	}
	return sum;
}

function isCohereEnd(event: JsonObject): boolean {
	return event.type === 'message-end' || event.event_type === 'stream-end';
}

/** Cohere states the usage in its last event: under `delta` in version 2, `response` in version 1. */
function cohereStream(events: readonly JsonObject[]): JsonObject[] {
	return events.filter(isCohereEnd).map((event) => ({
		model: event.model,
		...child(event, 'response'),
		...child(event, 'delta'),
	}));
}
