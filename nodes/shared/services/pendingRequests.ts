import { LRUCache } from 'lru-cache';
import type { ExplainedRequest } from '../core/explain/components';
import type { JsonObject } from '../core/json';
import type { SemanticPlace } from './semanticMatching';

/** What a lookup knows and its store needs; kept in this process, since an execution runs in one. */
export interface PendingRequest {
	namespace: string;
	key: string;
	keyVersion: string;
	request: JsonObject;
	explained: ExplainedRequest;
	epoch?: number;
	startedAtMs: number;
	leads: boolean;
	/** Where the prompt is indexed once it is stored. */
	semantic?: SemanticPlace;
}

/** Requests of this process whose answer is being computed, by lookup token; the oldest are forgotten. */
export type PendingRequests = LRUCache<string, PendingRequest>;

export function createPendingRequests(): PendingRequests {
	return new LRUCache({ max: 20_000, ttl: 3_600_000, ttlAutopurge: false });
}
