import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { anthropicMessage, messageEvents } from './anthropicMessage';
import { embeddingsBody } from './embeddings';
import type { EndpointError } from './errors';
import { chatCompletion, chatEvents } from './openAiChat';
import type { AnswerFrame, EventWriter, Operation } from './protocol';
import { readReply } from './reply';
import { readError } from './replyErrors';

export type Answer = { ok: true; body: JsonObject } | { ok: false; error: EndpointError };

/** The body for the item with which a workflow ended, or for what a cache stored. */
export function answerBody(operation: Operation, given: Json, frame: AnswerFrame): Answer {
	const item = isJsonObject(given) ? withoutMarks(given) : { answer: given };
	if (operation === 'embeddings') return embeddingsBody(item, frame);
	if (operation === 'json') {
		const error = readError(item);
		return error ? { ok: false, error } : { ok: true, body: item };
	}
	const read = readReply(item);
	if (!read.ok) return read;
	const write = operation === 'message' ? anthropicMessage : chatCompletion;
	return { ok: true, body: write(read.reply, frame) };
}

/** Undefined where the operation knows no streams. */
export function eventsFor(operation: Operation, frame: AnswerFrame): EventWriter | undefined {
	if (operation === 'chat') return chatEvents(frame);
	return operation === 'message' ? messageEvents(frame) : undefined;
}

/** What nodes of this package left on the item is not the client's. */
function withoutMarks(item: JsonObject): JsonObject {
	const { cache: _cache, endpoint: _endpoint, task: _task, ...rest } = item;
	const { cost, ...others } = rest;
	return isJsonObject(cost) && 'avoidedUsd' in cost ? others : rest;
}
