import { LRUCache } from 'lru-cache';
import type { Protocol } from '../shared/core/protocol/protocol';
import type { Connection } from '../shared/n8n/connections';
import { openPlace, type BackendPlace } from '../shared/n8n/triggerBackend';
import type { Buckets, EndpointSettings } from '../shared/services/endpoint';
import type { BodyLimits } from './readBody';
import type { Known } from './recall';

/** What a node's parameters say of its endpoint; plain data, so that it can be sent to another thread. */
export interface EndpointPlan extends EndpointSettings, BodyLimits {
	/** Tells endpoints apart where they share something. */
	id: string;
	protocol: Protocol;
	backend: string;
	/** Where that backend is. */
	backendPlace: BackendPlace;
	models: readonly string[];
	answerTimeoutMs: number;
	/** Most clients that may wait for an execution at the same time. */
	maxWaiting: number;
	/** Hits start an execution too, by the second output. */
	recordHits: boolean;
	/** A Cache Store in the workflow takes over the lease. */
	storesItself: boolean;
	workflow: string;
	/** Book misses too: no Cost Tracker in the workflow does. */
	booksCalls: boolean;
	/** No AI node, which alone can be stopped, is in the workflow. */
	runsOn: boolean;
}

/** An endpoint at work: its plan, and what it works with. */
export interface Endpoint extends EndpointPlan {
	buckets: Buckets;
	/** Requests by their text. */
	recalled: LRUCache<string, Known>;
	open(): Connection;
	stop(executionId: string): void;
	/** Clients that wait now. */
	waiting: { count: number };
}

/** What endpoints of this thread share with their own later selves: n8n makes a node anew for each request. */
const MOST_CALLERS = 10_000;
/** Characters of request texts that an endpoint remembers; each counts about four times. */
const MOST_RECALLED = 8 * 1024 ** 2;
const buckets: Buckets = new LRUCache({ max: MOST_CALLERS });
const waiting = new LRUCache<string, { count: number }>({ max: 1_000 });

/**
 * Puts an endpoint to work in this thread.
 * @param stop stops an execution, by its id
 */
export function startEndpoint(plan: EndpointPlan, stop: Endpoint['stop']): Endpoint {
	const { id, backendPlace } = plan;
	if (!waiting.has(id)) waiting.set(id, { count: 0 });
	return {
		...plan,
		buckets,
		recalled: new LRUCache<string, Known>({
			maxSize: MOST_RECALLED,
			sizeCalculation: (_known, name) => name.length + 1,
		}),
		open: () => openPlace(backendPlace),
		stop,
		waiting: waiting.get(id)!,
	};
}
