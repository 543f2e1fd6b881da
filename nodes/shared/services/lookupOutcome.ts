import type { Entry } from '../core/entry/envelope';
import type { DecodeEntry } from './decodeOnce';
import type { ExplainedRequest } from '../core/explain/components';
import type { CacheControl } from '../core/freshness/cacheControl';

export interface LookupRequest {
	namespace: string;
	key: string;
	explained: ExplainedRequest;
	control: CacheControl;
}

export interface LookupSettings {
	operation: 'lookup' | 'fallback';
	/** Wait for the same request in flight elsewhere instead of asking the provider twice. */
	coalesce: boolean;
	coalesceWaitMs: number;
	timeoutMs: number;
	/**
	 * The caller looks elsewhere for what is missing, and then here again: only a stale entry is led on for, nobody is
	 * waited for, and a miss is not counted yet.
	 */
	looksAgain?: boolean;
	/** AES-256-GCM keys; none where entries are not encrypted. */
	encryptionKeys: readonly Buffer[];
	/** How entries are unpacked; anew each time where left out. */
	decode?: DecodeEntry;
}

export type LookupOutcome =
	| {
			status: 'hit' | 'stale';
			entry: Entry;
			ageMs: number;
			reasons: string[];
			/** This caller, and no other, should compute a fresh answer behind the scenes. */
			refresh: boolean;
			token?: string;
			epoch: number;
	  }
	| {
			status: 'miss' | 'bypass';
			reasons: string[];
			/** This caller computes the answer; others wait for it. */
			leader: boolean;
			token?: string;
			epoch?: number;
			/** The backend failed, as opposed to having no entry. */
			unavailable?: boolean;
	  };

export type Hit = Extract<LookupOutcome, { entry: Entry }>;
export type Miss = Exclude<LookupOutcome, Hit>;

/** True where an answer is served, fresh or stale. */
export const isHit = (outcome: LookupOutcome): outcome is Hit => 'entry' in outcome;

export const isMiss = (outcome: LookupOutcome): outcome is Miss => !isHit(outcome);

/** This caller, and no other, computes an answer: the missing one, or a fresh one for a stale entry. */
export const leads = (outcome: LookupOutcome): boolean =>
	isHit(outcome) ? outcome.refresh : outcome.leader;
