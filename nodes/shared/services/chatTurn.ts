import type { ChatAnswer, ChatRecord } from '../core/chat/chatAnswer';
import type { CachedTurns } from '../core/chat/cacheableTurn';
import type { Entry, SemanticMark } from '../core/entry/envelope';
import type { CacheControl } from '../core/freshness/cacheControl';
import type { Json, JsonObject } from '../core/json';
import type { LookupSettings } from './lookup';
import type { KeepSettings, StoreDeps, StoreOutcome, StoreRequest } from './store';

export interface ChatCacheSettings {
	namespace: string;
	keyVersion: string;
	ignoreFields: readonly string[];
	maxRequestBytes: number;
	normalization: 'none' | 'whitespace';
	control: CacheControl;
	turns: CachedTurns;
	tags: string[];
	/** When the model fails, serve an entry that has expired but is within its grace period. */
	serveStaleOnError: boolean;
	/** `fail`: a backend that does not answer fails the call; else it is a miss. */
	onBackendError: 'miss' | 'fail';
	lookup: Pick<LookupSettings, 'coalesce' | 'coalesceWaitMs' | 'timeoutMs'>;
	keep: KeepSettings;
	/** What is kept with an answer about the call that made it: usage and price. */
	paid?(record: ChatRecord, model: string | null): Json | undefined;
	/**
	 * Where given, a request without an exact entry is looked for by meaning; with `placeOnly` it is not looked for, but
	 * its answer will be found by meaning.
	 */
	near?(request: JsonObject, placeOnly: boolean): Promise<NearAnswer | undefined>;
}

/** What looking for a request by meaning found; undefined where its last turn is no text of a user. */
export interface NearAnswer {
	served?: {
		entry: Entry;
		ageMs: number;
		stale: boolean;
		similarity: number;
		matchedPrompt: string;
	};
	reasons: string[];
	/** Kept with the answer, for an index that is built anew. */
	mark: SemanticMark | undefined;
	/** Indexes the request once its answer is stored; adds to the outcome's reasons where that fails. */
	remember(stored: StoreRequest, outcome: StoreOutcome): Promise<void>;
}

export type ChatCacheDeps = StoreDeps & { encryptionKeys: readonly Buffer[] };

export interface ServedAnswer {
	record: ChatRecord;
	/** For `hit` and `stale`: what the entry knows of the call it saved. */
	status: 'hit' | 'stale';
	ageMs: number;
	ttlMs: number;
	latencyMs: number | null;
	/** Undefined where it is the very same request. */
	nearness?: { similarity: number; matchedPrompt: string };
}

/** What became of looking a turn up. */
export interface AskedTurn {
	key: string | null;
	reasons: string[];
	/** Undefined where the model has to be called; then `settle` or `abandon` must follow. */
	served: ServedAnswer | undefined;
	status: 'hit' | 'stale' | 'miss' | 'bypass';
	lookupMs: number;
	/** Stores the model's answer, or says why not; never throws for an unreachable backend. */
	settle(answer: ChatAnswer): Promise<StoreOutcome>;
	/** The call failed or was broken off; what may be served instead, if anything. */
	abandon(): Promise<ServedAnswer | undefined>;
}
