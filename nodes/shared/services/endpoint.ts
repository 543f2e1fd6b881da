import type { PeriodBudget } from '../core/budget/budget';
import { findKey, presentedKey, type BearerKey } from '../core/key/bearerKeys';
import { requestKey } from '../core/key/requestKey';
import { StoreUnavailable } from '../core/errors';
import { explainRequest, type ExplainedRequest } from '../core/explain/components';
import { parseCacheControl, type CacheControl } from '../core/freshness/cacheControl';
import type { Json, JsonObject } from '../core/json';
import type { EndpointError } from '../core/protocol/errors';
import { takeRequest, type Bucket } from '../core/protocol/rateLimit';
import type { LRUCache } from 'lru-cache';
import { decodeOnce } from './decodeOnce';
import { gatherLookups } from './gatherLookups';
import { isHit, leads, lookup, type LookupDeps, type LookupOutcome } from './lookup';
import type { PendingRequests } from './pendingRequests';
import { storeAnswers, UNSEEN, type KeepSettings, type StoreOutcome } from './store';

/** Who asks, once the key was found. */
export interface Caller {
	name: string;
	namespace: string;
	requestsPerMinute: number;
	budget?: PeriodBudget;
}

export interface EndpointSettings {
	/** Undefined where nobody needs a key. */
	keys?: readonly BearerKey[];
	/** Of callers without a key of their own. */
	namespace: string;
	keyVersion: string;
	ignoreFields: readonly string[];
	coalesce: boolean;
	coalesceWaitMs: number;
	timeoutMs: number;
	/** Undefined where the workflow stores by itself, or nothing is to be stored. */
	store?: KeepSettings;
}

export interface EndpointDeps extends LookupDeps {
	pending: PendingRequests;
	encryptionKeys: readonly Buffer[];
}

/** Rate limits by endpoint and caller; the oldest are forgotten. */
export type Buckets = LRUCache<string, Bucket>;

type Headers = Record<string, string | string[] | undefined>;

export type Admitted = { ok: true; caller: Caller } | { ok: false; error: EndpointError };

/** Finds the caller behind a request's key. */
export function authenticate(headers: Headers, settings: EndpointSettings): Admitted {
	if (!settings.keys) {
		// A page in a browser may reach a port on its own machine: without keys only programs may ask.
		if (headers.origin !== undefined) {
			const message = 'Requests from web pages need an endpoint with keys';
			return { ok: false, error: { status: 403, message, code: 'origin_not_allowed' } };
		}
		const { namespace } = settings;
		return { ok: true, caller: { name: 'anyone', namespace, requestsPerMinute: 0 } };
	}
	const presented = presentedKey(headers);
	const found = findKey(settings.keys, presented);
	if (found) return { ok: true, caller: found };
	const message = presented === undefined ? 'No API key was given' : 'The API key is not valid';
	return { ok: false, error: { status: 401, message, code: 'invalid_api_key' } };
}

/** Takes one request off the caller's limit. */
export function limitRate(
	caller: Caller,
	endpoint: string,
	buckets: Buckets,
	nowMs: number,
): EndpointError | undefined {
	if (caller.requestsPerMinute <= 0) return undefined;
	const name = `${endpoint} ${caller.name}`;
	const taken = takeRequest(buckets.get(name), caller.requestsPerMinute, nowMs);
	buckets.set(name, taken.bucket);
	if (taken.allowed) return undefined;
	const message = 'Too many requests for this key';
	const { retryAfterSeconds } = taken;
	return { status: 429, message, code: 'rate_limit_exceeded', retryAfterSeconds };
}

/** A request and what it is known by. */
export interface Identified {
	request: JsonObject;
	namespace: string;
	/** 64 hex characters. */
	key: string;
	explained: ExplainedRequest;
}

/** A request that was looked up, with what is needed to keep its answer. */
export interface Asked extends Identified {
	startedAtMs: number;
	outcome: LookupOutcome;
	noStore: boolean;
}

/** Makes a request's key; the same for the same request, caller and settings. */
export function identify(
	request: JsonObject,
	{ namespace }: Caller,
	{ keyVersion, ignoreFields }: EndpointSettings,
): Identified {
	return {
		request,
		namespace,
		key: requestKey(request, { namespace, keyVersion, ignoreFields }),
		explained: explainRequest(request, keyVersion, ignoreFields),
	};
}

/**
 * Looks a request up, and waits for an equal one in flight. A cache that fails is a miss.
 * @param cacheControl the client's header; a directive that is not understood counts as none
 */
export async function ask(
	identified: Identified,
	cacheControl: string | undefined,
	settings: EndpointSettings,
	deps: EndpointDeps,
): Promise<Asked> {
	const { keyVersion, coalesce, coalesceWaitMs, timeoutMs } = settings;
	const { request, namespace, key, explained } = identified;
	const startedAtMs = deps.clock.nowMs();
	const control = controlOf(cacheControl);
	const known = { ...identified, startedAtMs, noStore: control.noStore };
	try {
		const [outcome] = await lookup(
			[{ namespace, key, explained, control }],
			{
				operation: 'lookup',
				coalesce,
				coalesceWaitMs,
				timeoutMs,
				encryptionKeys: deps.encryptionKeys,
				decode: decodeOnce,
			},
			{ store: gatherLookups(deps.store), clock: deps.clock, leases: deps.leases },
		);
		const { token, epoch } = outcome!;
		if (token && (leads(outcome!) || !isHit(outcome!))) {
			deps.pending.set(token, {
				namespace,
				key,
				keyVersion,
				request,
				explained,
				epoch,
				startedAtMs,
				leads: leads(outcome!),
			});
		}
		return { ...known, outcome: outcome! };
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
		const reasons = [`backend unreachable: ${error.message}`];
		const outcome = { status: 'miss', reasons, leader: false, unavailable: true } as const;
		return { ...known, outcome };
	}
}

const NO_CONTROL: CacheControl = { noCache: false, noStore: false, onlyIfCached: false };

export function controlOf(header: string | undefined): CacheControl {
	if (!header) return NO_CONTROL;
	try {
		return parseCacheControl(header);
	} catch {
		// HTTP: unknown directives are ignored (RFC 9111, 5.2.3).
		return NO_CONTROL;
	}
}

/** Stores the answer to a miss by the admission rules, or gives up the lease. */
export async function keepAnswer(
	asked: Asked,
	answer: { response: Json; reply: Json; usage?: Json },
	settings: EndpointSettings,
	deps: EndpointDeps,
): Promise<StoreOutcome> {
	const { outcome, request, namespace, key, explained, startedAtMs } = asked;
	if (!settings.store) return { stored: false, reasons: ['answers are not stored here'] };
	try {
		const [kept] = await storeAnswers(
			[
				{
					namespace,
					key,
					keyVersion: settings.keyVersion,
					request,
					explained,
					...answer,
					tags: [],
					epoch: outcome.epoch,
					leaseToken: outcome.token,
					latencyMs: Math.max(0, deps.clock.nowMs() - startedAtMs),
					refusal: refusalOf(asked),
					keep: settings.store,
				},
			],
			{ encryptionKeys: deps.encryptionKeys, timeoutMs: settings.timeoutMs },
			deps,
		);
		return kept!;
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
		return { stored: false, reasons: [`backend unreachable: ${error.message}`] };
	}
}

function refusalOf({ outcome, noStore }: Asked): string | undefined {
	if (noStore) return 'no-store was asked for';
	return !isHit(outcome) && outcome.unavailable ? UNSEEN : undefined;
}

const RELEASE_MARK_MS = 2_000;

/**
 * Gives up the lease of a request that will have no answer. Where it failed, those who wait go on by
 * themselves; where only its own client or worker is gone, the next of them computes it for all.
 */
export async function giveUp(
	{ outcome, namespace, key }: Asked,
	settings: EndpointSettings,
	deps: EndpointDeps,
	hasFailed: boolean,
): Promise<void> {
	const { token } = outcome;
	const markMs = hasFailed ? RELEASE_MARK_MS : 0;
	if (!token || !leads(outcome)) return;
	deps.pending.delete(token);
	const refs = [{ namespace, key, token }];
	const release = (): Promise<void> =>
		deps.store.run((live) => live.releaseLeases(refs, markMs), settings.timeoutMs);
	// A lease that cannot be released now is released later, or expires by itself.
	await deps.leases.end(refs, release).catch(() => undefined);
}
