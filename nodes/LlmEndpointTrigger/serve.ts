import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../shared/core/json';
import { answerBody, eventsFor } from '../shared/core/protocol/answer';
import { budgetSpent, type EndpointError } from '../shared/core/protocol/errors';
import { modelsBody } from '../shared/core/protocol/models';
import type { AnswerFrame, Operation } from '../shared/core/protocol/protocol';
import { findRoute } from '../shared/core/protocol/routes';
import {
	ask,
	authenticate,
	giveUp,
	limitRate,
	type Asked,
	type Caller,
} from '../shared/services/endpoint';
import { isHit } from '../shared/services/lookup';
import { bookAnswer, bookedAs } from './booking';
import type { Endpoint } from './endpoint';
import {
	COST_HEADER,
	EVENT_HEADERS,
	openExchange,
	sendError,
	sendJson,
	type Exchange,
} from './exchange';
import { keepAndBook } from './keepAndBook';
import { spentUntil } from './keyBudget';
import { letGo } from './letGo';
import { readBody } from './readBody';
import { recall, type Known } from './recall';
import { refresher } from './refresher';
import { requestItem } from './requestItem';

/** Starts an execution for the item; the exchange is its client, where one waits. */
export type StartExecution = (item: JsonObject, exchange?: Exchange) => void;

/**
 * Answers one request: from the cache, or by an execution.
 * @param below the path below the endpoint's own
 */
export async function serve(
	request: IncomingMessage,
	response: ServerResponse,
	below: string,
	endpoint: Endpoint,
	start: StartExecution,
): Promise<void> {
	const { protocol } = endpoint;
	const refuse = (error: EndpointError): void => sendError(response, protocol, error);
	const route = findRoute(protocol, request.method ?? '', below);
	const admitted = authenticate(request.headers, endpoint);
	if (!admitted.ok) return refuse(admitted.error);
	if (!route.found) return refuse(route.error);
	const limited = limitRate(admitted.caller, endpoint.id, endpoint.buckets, Date.now());
	if (limited) return refuse(limited);
	if (route.operation === 'models') {
		const models = modelsBody(protocol, endpoint.models, route.modelId);
		return models.ok ? sendJson(response, 200, models.body, {}) : refuse(models.error);
	}
	const body = await readBody(request, endpoint);
	if (!body.ok) return refuse(body.error);
	const read = recall(body.text, route.operation, admitted.caller, endpoint);
	if (!read.ok) return refuse(read.error);
	await answer(request, response, route.operation, read.known, admitted.caller, endpoint, start);
}

async function answer(
	http: IncomingMessage,
	response: ServerResponse,
	operation: Operation,
	{ streamed, ...identified }: Known,
	caller: Caller,
	endpoint: Endpoint,
	start: StartExecution,
): Promise<void> {
	const deps = endpoint.open();
	const cacheControl = http.headers['cache-control'];
	const { request } = identified;
	const asked = await ask(identified, cacheControl, endpoint, deps);
	const { outcome } = asked;
	const frame = frameOf(request, asked.startedAtMs);
	const headers = headersOf(asked);
	const item = (): JsonObject =>
		requestItem(asked, { operation, caller: caller.name, streamed, endpoint });
	if (isHit(outcome)) {
		const given = answerBody(operation, outcome.entry.response, frame);
		if (given.ok) {
			sendAnswer(response, operation, given.body, frame, streamed, headers);
			bookAnswer(deps, bookedAs('hit', asked, given.body, endpoint));
			if (outcome.refresh && (await spentUntil(deps, caller, Date.now())) !== undefined) {
				await giveUp(asked, endpoint, deps, false);
			} else if (outcome.refresh) start(item(), refresher(asked, operation, frame, endpoint));
			else if (endpoint.recordHits) start(item());
			return;
		}
		// What is stored answers another kind of request: as good as nothing.
		headers['x-prompt-cache-status'] = 'miss';
		delete headers['x-prompt-cache-age'];
		delete headers[COST_HEADER];
	}
	if (onlyIfCached(cacheControl)) {
		await giveUp(asked, endpoint, deps, false);
		const message = 'No cached answer, and only-if-cached was asked for';
		const error = { status: 504, message, code: 'not_cached' };
		return sendError(response, endpoint.protocol, error, headers);
	}
	const untilMs = await spentUntil(deps, caller, Date.now());
	if (untilMs !== undefined) {
		await giveUp(asked, endpoint, deps, false);
		return sendError(response, endpoint.protocol, budgetSpent(endpoint.protocol, untilMs), headers);
	}
	// Nothing is waited for from here on: what is found now still holds when the execution starts.
	if (response.destroyed) return giveUp(asked, endpoint, deps, false);
	if (endpoint.waiting.count >= endpoint.maxWaiting) {
		await giveUp(asked, endpoint, deps, false);
		const error = { status: 503, message: 'Too many requests are being answered', code: 'busy' };
		return sendError(response, endpoint.protocol, { ...error, retryAfterSeconds: 1 }, headers);
	}
	endpoint.waiting.count++;
	const exchange = openExchange(response, {
		protocol: endpoint.protocol,
		operation,
		frame,
		streamed,
		headers,
		timeoutMs: endpoint.answerTimeoutMs,
		async onAnswer(body, reply) {
			const costUsd = await keepAndBook(asked, body, reply, endpoint);
			const late: Record<string, string> = {};
			if (costUsd !== undefined) late[COST_HEADER] = usd(costUsd);
			return late;
		},
		onEnd: () => endpoint.waiting.count--,
		runsOn: endpoint.runsOn,
		onGiveUp: (why) => letGo(asked, endpoint, why),
		stop: endpoint.stop,
	});
	start(item(), exchange);
}

const onlyIfCached = (cacheControl: string | undefined): boolean =>
	cacheControl !== undefined && /(^|[\s,])only-if-cached\b/i.test(cacheControl);

const usd = (cost: number): string => cost.toFixed(9).replace(/\.?0+$/, '');

function frameOf(request: JsonObject, nowMs: number): AnswerFrame {
	let id: string | undefined;
	return {
		// Most stored answers have one of their own.
		get id() {
			return (id ??= randomUUID().replaceAll('-', '').slice(0, 24));
		},
		createdSeconds: Math.floor(nowMs / 1000),
		request,
	};
}

function headersOf({ outcome, key }: Asked): Record<string, string> {
	const headers: Record<string, string> = {
		'x-prompt-cache-status': outcome.status,
		'x-prompt-cache-key': key,
	};
	if (isHit(outcome)) {
		headers['x-prompt-cache-age'] = String(Math.floor(outcome.ageMs / 1000));
		headers[COST_HEADER] = '0';
	}
	return headers;
}

function sendAnswer(
	response: ServerResponse,
	operation: Operation,
	body: JsonObject,
	frame: AnswerFrame,
	streamed: boolean,
	headers: Record<string, string>,
): void {
	const events = streamed ? eventsFor(operation, frame) : undefined;
	if (!events) return sendJson(response, 200, body, headers);
	if (response.destroyed) return;
	response.writeHead(200, { ...headers, ...EVENT_HEADERS });
	response.end(events.begin(body) + events.end(body));
}
