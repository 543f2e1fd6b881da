import type { LRUCache } from 'lru-cache';
import type { Protocol } from '../shared/core/protocol/protocol';
import type { Connection } from '../shared/n8n/connections';
import type { Buckets, EndpointSettings } from '../shared/services/endpoint';
import type { BodyLimits } from './readBody';
import type { Known } from './recall';

/** One endpoint: what its node's parameters say, and what it works with. */
export interface Endpoint extends EndpointSettings, BodyLimits {
	/** Tells endpoints apart where they share something. */
	id: string;
	protocol: Protocol;
	backend: string;
	models: readonly string[];
	answerTimeoutMs: number;
	/** Most clients that may wait for an execution at the same time. */
	maxWaiting: number;
	/** Hits start an execution too, by the second output. */
	recordHits: boolean;
	/** A Cache Store in the workflow takes over the lease. */
	storesItself: boolean;
	buckets: Buckets;
	/** Requests by their text. */
	recalled: LRUCache<string, Known>;
	workflow: string;
	/** Book misses too: no Cost Tracker in the workflow does. */
	booksCalls: boolean;
	open(): Connection;
	stop(executionId: string): void;
	/** No AI node, which alone can be stopped, is in the workflow. */
	runsOn: boolean;
	/** Clients that wait now. */
	waiting: { count: number };
}
