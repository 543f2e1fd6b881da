import { explainRequest } from '../../nodes/shared/core/explain/components';
import { parseCacheControl } from '../../nodes/shared/core/freshness/cacheControl';
import type { Json, JsonObject } from '../../nodes/shared/core/json';
import { requestKey } from '../../nodes/shared/core/key/requestKey';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore, LeaseRef } from '../../nodes/shared/ports/CacheStore';
import type { Clock } from '../../nodes/shared/ports/Clock';
import type { GuardedStore } from '../../nodes/shared/ports/GuardedStore';
import { guardStore } from '../../nodes/shared/services/circuitBreaker';
import { createLeaseKeeper } from '../../nodes/shared/services/leaseKeeper';
import {
	lookup,
	lookUpParts,
	type LookupOutcome,
	type LookupRequest,
	type LookupSettings,
	type RequestParts,
} from '../../nodes/shared/services/lookup';
import {
	storeAnswers,
	type StoreOutcome,
	type StoreRequest,
	type KeepSettings,
	type StoreSettings,
} from '../../nodes/shared/services/store';

/** A clock that stands still until it is moved; sleeping moves it. */
export interface SettableClock extends Clock {
	/** Wall clock and monotonic clock go on. */
	advance(ms: number): void;
	/** The wall clock alone jumps. */
	jump(ms: number): void;
}

export function settableClock(nowMs = 1_700_000_000_000): SettableClock {
	let [wallMs, elapsedMs] = [nowMs, 0];
	const advance = (ms: number): void => {
		wallMs += ms;
		elapsedMs += ms;
	};
	return {
		nowMs: () => wallMs,
		elapsedMs: () => elapsedMs,
		random: () => 0.5,
		sleep: async (ms) => {
			advance(ms);
			await new Promise((resolve) => setImmediate(resolve));
		},
		advance,
		jump: (ms) => (wallMs += ms),
	};
}

export const LOOKUP_SETTINGS: LookupSettings = {
	operation: 'lookup',
	coalesce: true,
	coalesceWaitMs: 10_000,
	timeoutMs: 2_000,
	encryptionKeys: [],
};

export const STORE_SETTINGS: StoreSettings & KeepSettings = {
	ttlMs: 60_000,
	graceMs: 600_000,
	ttlJitterPercent: 0,
	negativeTtlMs: 0,
	rules: { complete: true, noRefusals: true, json: 'auto', minLength: 0, toolResults: false },
	maxEntryBytes: 2 ** 20,
	compressAboveBytes: 4096,
	encryptionKeys: [],
	timeoutMs: 2_000,
};

/** A request for the words, as Cache Lookup would make it. */
export function asked(words: string, control = '', more: JsonObject = {}): LookupRequest {
	const { namespace = 'default', ...fields } = more;
	const request: JsonObject = {
		model: 'm',
		...fields,
		messages: [{ role: 'user', content: words }],
	};
	return {
		namespace: String(namespace),
		key: requestKey(request, { namespace: String(namespace) }),
		explained: explainRequest(request, '', []),
		control: parseCacheControl(control),
	};
}

/** What one process does with a cache: breaker, leases, lookups and stores. */
export interface Engine {
	store: GuardedStore;
	lookup(requests: LookupRequest[], over?: Partial<LookupSettings>): Promise<LookupOutcome[]>;
	lookUpParts(parts: RequestParts): Promise<LookupOutcome[]>;
	ask(request: LookupRequest, over?: Partial<LookupSettings>): Promise<LookupOutcome>;
	/** Stores an answer to a request, as the leader where the outcome is given. */
	answer(
		request: LookupRequest,
		response: Json,
		outcome?: LookupOutcome,
		over?: Partial<StoreSettings & KeepSettings> &
			Partial<Pick<StoreRequest, 'tags' | 'keyVersion'>>,
	): Promise<StoreOutcome>;
	release(request: LookupRequest, outcome: LookupOutcome): Promise<void>;
	/** Meets this error where an answer should be stored. */
	fail(request: LookupRequest, outcome: LookupOutcome, error: Error): Promise<void>;
	/** Leases that were taken over from a holder that died. */
	inherited(): readonly LeaseRef[];
	close(): void;
}

export function engineOver(live: CacheStore, clock: Clock = systemClock): Engine {
	const store = guardStore(live);
	const inherited: LeaseRef[] = [];
	const leases = createLeaseKeeper(store, clock, (one) => inherited.push(one));
	const deps = { store, clock, leases };
	const ask = (requests: LookupRequest[], over: Partial<LookupSettings> = {}) =>
		lookup(requests, { ...LOOKUP_SETTINGS, ...over }, deps);
	const ref = ({ namespace, key }: LookupRequest, { token = '' }: LookupOutcome): LeaseRef => ({
		namespace,
		key,
		token,
	});
	return {
		store,
		lookup: ask,
		lookUpParts: (parts) => lookUpParts(parts, LOOKUP_SETTINGS, deps),
		ask: async (request, over) => (await ask([request], over))[0]!,
		answer: async (request, response, outcome, { tags = [], keyVersion = '', ...over } = {}) => {
			const { namespace, key, explained } = request;
			const how = { ...STORE_SETTINGS, ...over };
			const [stored] = await storeAnswers(
				[
					{
						namespace,
						key,
						keyVersion,
						explained,
						response,
						tags,
						epoch: outcome?.epoch,
						leaseToken: outcome?.token,
						latencyMs: null,
						keep: how,
					},
				],
				how,
				deps,
			);
			return stored!;
		},
		release: async (request, outcome) => {
			const refs = [ref(request, outcome)];
			await leases.end(refs, () => store.run((one) => one.releaseLeases(refs, 2_000), 2_000));
		},
		fail: (request, outcome, error) =>
			leases.end([ref(request, outcome)], () => Promise.reject(error)),
		inherited: () => inherited,
		close: () => {
			leases.close();
			store.close();
		},
	};
}
