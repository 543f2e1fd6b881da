import { LRUCache } from 'lru-cache';
import type { ExplainedRequest } from '../core/explain/components';
import type { Json, JsonObject } from '../core/json';
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

/** Characters of the texts of all requests together; what is kept about each counts as some more. */
const MOST_CHARACTERS = 64 * 1024 ** 2;
const CHARACTERS_EACH = 1_000;

export function createPendingRequests(): PendingRequests {
	return new LRUCache({
		max: 20_000,
		maxSize: MOST_CHARACTERS,
		sizeCalculation: ({ request }) => CHARACTERS_EACH + characters(request),
		ttl: 3_600_000,
		ttlAutopurge: false,
	});
}

function characters(value: Json): number {
	if (typeof value === 'string') return value.length;
	if (typeof value !== 'object' || value === null) return 0;
	let sum = 0;
	for (const inner of Object.values(value)) sum += characters(inner);
	return sum;
}
