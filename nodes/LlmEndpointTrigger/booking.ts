import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { LedgerCall } from '../shared/core/ledger/call';
import type { Json, JsonObject } from '../shared/core/json';
import { answerTrace, type Trace } from '../shared/core/trace/trace';
import { bundledPriceBook } from '../shared/drivers/prices/bundled';
import type { Connection } from '../shared/n8n/connections';
import { withLedger } from '../shared/n8n/openLedger';
import type { PriceBook } from '../shared/ports/PriceBook';
import { environmentSink, sendTrace } from '../shared/n8n/traces';
import { isHit } from '../shared/services/lookup';
import type { Asked } from '../shared/services/endpoint';
import { callSpans } from '../shared/services/callSpans';
import { track, type TrackedCall } from '../shared/services/track';
import type { Endpoint } from './endpoint';

/** One answer, to be booked in the cost ledger. */
export interface Booked {
	kind: 'hit' | 'call';
	/** The cache key: hits of one entry cost the same. */
	key: string;
	body: JsonObject;
	model: string;
	workflow: string;
	namespace: string;
	latencyMs: number;
	/** How long the original call took, for a hit. */
	originalLatencyMs: number | null;
	/** What is kept with a stored answer about the call that made it. */
	paid?: Json;
}

/** What is booked of a request's answer. */
export function bookedAs(
	kind: Booked['kind'],
	asked: Asked,
	body: JsonObject,
	endpoint: Endpoint,
): Booked {
	const { request, key, namespace, startedAtMs, outcome } = asked;
	return {
		kind,
		key,
		body,
		model: modelOf(request),
		workflow: endpoint.workflow,
		namespace,
		latencyMs: Math.max(0, Date.now() - startedAtMs),
		originalLatencyMs: isHit(outcome) ? outcome.entry.meta.latencyMs : null,
		paid: isHit(outcome) ? outcome.entry.meta.usage : undefined,
	};
}

/** The model that a request names; empty where it names none. */
export const modelOf = ({ model }: JsonObject): string => (typeof model === 'string' ? model : '');

const FLUSH_MS = 1_000;
const MOST_QUEUED = 20_000;
const LEDGER_TIMEOUT_MS = 2_000;

interface Queue {
	timer: NodeJS.Timeout;
	calls: LedgerCall[];
	/** Hits that differ in nothing but their moment are one entry, counted. */
	hits: Map<string, LedgerCall[]>;
}

/** Clients do not wait for the books: calls are written together, once a second. */
const queues = new WeakMap<Connection, Queue>();
const hits = new LRUCache<string, TrackedCall[]>({ max: 2_000 });
const DOLLARS = { currency: 'USD', perUsd: 1, date: '' };
let book: PriceBook | undefined;

/** Books an answer behind the scenes; what the ledger does not take is given up. */
export function bookAnswer(connection: Connection, booked: Booked): void {
	const queue = queues.get(connection) ?? open(connection);
	const { kind, latencyMs, originalLatencyMs } = booked;
	const sink = environmentSink();
	const likeness = kind === 'hit' && !sink ? `${nameOf(booked)} ${latencyMs}` : undefined;
	const like = likeness === undefined ? undefined : queue.hits.get(likeness);
	if (like) {
		for (const call of like) call.times = (call.times ?? 1) + 1;
		return;
	}
	const savedLatencyMs = Math.max(0, (originalLatencyMs ?? latencyMs) - latencyMs);
	const id = `endpoint:${randomUUID()}`;
	const atMs = Date.now();
	const tracked = priced(booked).map(({ call, read }, index) => ({
		call: {
			...call,
			id: `${id}:${index}`,
			atMs,
			latencyMs: index === 0 ? latencyMs : null,
			savedLatencyMs: kind === 'hit' && index === 0 ? savedLatencyMs : 0,
		},
		read,
	}));
	const calls = tracked.map(({ call }) => call);
	queue.calls.push(...calls);
	if (likeness !== undefined) queue.hits.set(likeness, calls);
	if (queue.calls.length >= MOST_QUEUED) flush(connection, queue);
	sendTrace(sink, () => traceOf(booked, tracked, id, atMs));
}

/** No execution is told: a hit has none, and that of a miss sends spans of its own. */
function traceOf(booked: Booked, calls: readonly TrackedCall[], id: string, endMs: number): Trace {
	const { key, workflow } = booked;
	const spans = callSpans(calls, { endMs }).map((span) => ({
		...span,
		attributes: { ...span.attributes, 'prompt_cache.key': key },
	}));
	return answerTrace({ answerId: id, workflowName: workflow }, spans);
}

function open(connection: Connection): Queue {
	const timer = setTimeout(() => flush(connection, queue), FLUSH_MS).unref();
	const queue: Queue = { timer, calls: [], hits: new Map() };
	queues.set(connection, queue);
	return queue;
}

function flush(connection: Connection, { timer, calls }: Queue): void {
	clearTimeout(timer);
	queues.delete(connection);
	// The books are a by-product: their loss is no failure of the answer.
	withLedger(connection, (ledger) => ledger.record(calls), LEDGER_TIMEOUT_MS).catch(
		() => undefined,
	);
}

/** Another answer under the same key costs something else. An id is no name: where none is stored, each hit has a new one. */
const nameOf = ({ workflow, key, paid, body }: Booked): string =>
	`${workflow} ${key} ${paid === undefined ? printOf(body) : JSON.stringify(paid)}`;

const printOf = ({ id: _id, created: _created, ...body }: JsonObject): string =>
	hash('sha1', JSON.stringify(body));

function priced(booked: Booked): TrackedCall[] {
	const { kind, body, model, workflow, namespace } = booked;
	const name = nameOf(booked);
	const known = kind === 'hit' ? hits.get(name) : undefined;
	if (known) return known;
	book ??= bundledPriceBook();
	const { calls } = track(
		{
			parts: [{ id: '', response: body, hints: model === '' ? {} : { model } }],
			isHit: kind === 'hit',
			workflow,
			namespace,
			tags: [],
			prompt: '',
			latencyMs: null,
			savedLatencyMs: 0,
			overheadNanoUsd: 0,
			settles: [],
		},
		book,
		{ atMs: Date.now(), currency: DOLLARS, localNanoUsdPerHour: 0 },
	);
	if (kind === 'hit') hits.set(name, calls);
	return calls;
}
