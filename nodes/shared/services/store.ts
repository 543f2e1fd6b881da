import { admit, type Admission, type AdmissionRules } from '../core/admission/admission';
import { readAnswer, type AnswerFacts } from '../core/answer/readAnswer';
import { encodeEntry, type SemanticMark } from '../core/entry/envelope';
import type { ExplainedRequest } from '../core/explain/components';
import { jitteredTtlMs } from '../core/freshness/freshness';
import { modelTag, userTag } from '../core/freshness/invalidation';
import type { Json, JsonObject } from '../core/json';
import { requestTexts } from '../core/request/requestTexts';
import type { LeaseRef, StoreCommand } from '../ports/CacheStore';
import type { ReplyJudgement } from '../ports/ReplyJudge';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import type { LeaseKeeper } from './leaseKeeper';
import { EXTRA_TIMEOUT_MS } from './lookup';

export interface StoreRequest {
	namespace: string;
	key: string;
	keyVersion: string;
	/** Undefined where only the key is known; then nothing is checked against the request. */
	request?: JsonObject;
	explained?: ExplainedRequest;
	/** What is stored and served. */
	response: Json;
	/** The provider's reply as it came, where `response` was shaped from it: it tells finish reason and errors. */
	reply?: Json;
	tags: string[];
	epoch?: number;
	/** The lookup's token, where this caller leads. */
	leaseToken?: string;
	latencyMs: number | null;
	/** Normalised usage of the call. */
	usage?: Json;
	/** Where the request itself is not known here. */
	model?: string | null;
	/** Why it is not stored, whatever it is. */
	refusal?: string;
	/** Kept with the answer where it may be found by meaning. */
	semantic?: SemanticMark;
	keep: KeepSettings;
}

/** Whether and how an answer is kept. */
export interface KeepSettings {
	ttlMs: number;
	graceMs: number;
	ttlJitterPercent: number;
	/** Lifetime of a provider's deterministic refusals (4xx); 0 stores none. */
	negativeTtlMs: number;
	rules: AdmissionRules;
	maxEntryBytes: number;
	compressAboveBytes: number;
}

export interface StoreSettings {
	encryptionKeys: readonly Buffer[];
	timeoutMs: number;
}

export interface StoreDeps {
	store: GuardedStore;
	clock: Clock;
	leases: LeaseKeeper;
}

export type StoreOutcome =
	| {
			stored: true;
			sizeBytes: number;
			/** End of the lifetime; ms since 1970. */
			expiresAtMs: number;
			/** Lifetime and grace period together. */
			keepMs: number;
			reasons: string[];
			/** What a judging model said of the answer beside a similar one. */
			judge?: ReplyJudgement;
	  }
	| { stored: false; reasons: string[] };

/** How long those who wait for a failed answer go on by themselves instead of queueing up behind each other. */
const RELEASE_MARK_MS = 2_000;

/** Of an answer that is not stored: it may have been invalidated meanwhile, and nobody here would know. */
export const UNSEEN = 'the cache could not be reached when this was asked';

/** What the front of an entry has room for. */
const MAX_TAGS_BYTES = 10_000;
const MAX_KEY_VERSION_BYTES = 999;

type Prepared = { command: StoreCommand; ttlMs: number } | { refused: string };

/**
 * Stores a batch in one round trip, and gives up the leases of answers that are not stored.
 * @throws StoreUnavailable where the backend does not take it; ConfigError where a schema is not usable
 */
export async function storeAnswers(
	requests: StoreRequest[],
	settings: StoreSettings,
	deps: StoreDeps,
): Promise<StoreOutcome[]> {
	const led = requests.flatMap((request) =>
		request.leaseToken ? [leaseRef(request, request.leaseToken)] : [],
	);
	return await deps.leases.end(led, () => storeAll(requests, settings, deps));
}

async function storeAll(
	requests: StoreRequest[],
	settings: StoreSettings,
	deps: StoreDeps,
): Promise<StoreOutcome[]> {
	const prepared = requests.map((request) => prepare(request, settings, deps.clock));
	const commands = prepared.flatMap((one) => ('command' in one ? [one.command] : []));
	const unled = requests.flatMap((request, index) =>
		'refused' in prepared[index]! && request.leaseToken
			? [leaseRef(request, request.leaseToken)]
			: [],
	);
	const timeoutMs = settings.timeoutMs + requests.length * EXTRA_TIMEOUT_MS;
	const replies = await deps.store.run(async (live) => {
		const [stored] = await Promise.all([
			commands.length > 0 ? live.store(commands) : [],
			unled.length > 0 ? live.releaseLeases(unled, RELEASE_MARK_MS) : undefined,
		]);
		return stored;
	}, timeoutMs);
	countStores(commands, deps);
	let at = 0;
	return prepared.map((one): StoreOutcome => {
		if ('refused' in one) return { stored: false, reasons: [one.refused] };
		const reply = replies[at++]!;
		if (!reply.stored) return { stored: false, reasons: [reply.reason] };
		const expiresAtMs = reply.storedAtMs + one.ttlMs;
		const { packed, keepMs } = one.command;
		return { stored: true, sizeBytes: packed.length, expiresAtMs, keepMs, reasons: [] };
	});
}

const leaseRef = ({ namespace, key }: StoreRequest, token: string): LeaseRef => ({
	namespace,
	key,
	token,
});

function prepare(one: StoreRequest, { encryptionKeys }: StoreSettings, clock: Clock): Prepared {
	const { keep } = one;
	if (one.refusal !== undefined) return { refused: one.refusal };
	const admission: Admission = admit(
		answerFacts(one),
		one.request,
		keep.rules,
		keep.negativeTtlMs > 0,
	);
	if (!admission.admitted) return { refused: admission.reason };
	const { negativeStatus } = admission;
	const lifetimeMs = negativeStatus === undefined ? keep.ttlMs : keep.negativeTtlMs;
	const ttlMs = jitteredTtlMs(lifetimeMs, keep.ttlJitterPercent, clock.random());
	const graceMs = negativeStatus === undefined ? keep.graceMs : 0;
	const model = one.request ? requestTexts(one.request).model : (one.model ?? null);
	const meta = {
		ttlMs,
		graceMs,
		model,
		latencyMs: one.latencyMs,
		usage: one.usage,
		negativeStatus,
		semantic: one.semantic && { prompt: one.semantic.prompt, frameId: one.semantic.frameId },
	};
	const { compressAboveBytes, maxEntryBytes } = keep;
	const packed = encodeEntry(
		{ meta, response: one.response },
		{ compressAboveBytes, encryptionKeys },
	);
	if (packed.length > maxEntryBytes) {
		return { refused: `the entry has ${packed.length} bytes, more than ${maxEntryBytes}` };
	}
	const { userHash = '', components = {} } = one.explained ?? {};
	const tags = [...(model === null ? [] : [modelTag(model)]), ...one.tags.map(userTag)];
	if (Buffer.byteLength(tags.join('\n')) > MAX_TAGS_BYTES) {
		return { refused: `the tags have more than ${MAX_TAGS_BYTES} bytes` };
	}
	if (Buffer.byteLength(one.keyVersion) > MAX_KEY_VERSION_BYTES) {
		return { refused: `the key version has more than ${MAX_KEY_VERSION_BYTES} bytes` };
	}
	return {
		ttlMs,
		command: {
			namespace: one.namespace,
			key: one.key,
			packed,
			tags,
			keyVersion: one.keyVersion,
			epoch: one.epoch,
			keepMs: ttlMs + graceMs,
			userHash,
			components,
			leaseToken: one.leaseToken,
		},
	};
}

function answerFacts({ response, reply }: StoreRequest): AnswerFacts {
	const shaped = readAnswer(response);
	if (reply === undefined) return shaped;
	const { text: _text, ...raw } = readAnswer(reply);
	return { ...raw, error: raw.error ?? shaped.error, text: shaped.text };
}

function countStores(commands: StoreCommand[], { store }: StoreDeps): void {
	const spaces = new Map<string, { stores: number }>();
	for (const { namespace } of commands) {
		spaces.set(namespace, { stores: (spaces.get(namespace)?.stores ?? 0) + 1 });
	}
	for (const [namespace, counts] of spaces) store.count(namespace, counts);
}
