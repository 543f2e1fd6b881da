import { asReply, readChatRecord, type ChatAnswer, type ChatRecord } from '../core/chat/chatAnswer';
import { refusedAnswer, refusedTurn, type CachedTurns } from '../core/chat/cacheableTurn';
import { ConfigError, StoreUnavailable } from '../core/errors';
import { explainRequest, type ExplainedRequest } from '../core/explain/components';
import type { CacheControl } from '../core/freshness/cacheControl';
import type { Json, JsonObject } from '../core/json';
import { requestKey } from '../core/key/requestKey';
import { normalizeTexts } from '../core/request/normalizeTexts';
import { isHit, lookup, type LookupOutcome, type LookupSettings } from './lookup';
import { storeAnswers, type StoreDeps, type StoreOutcome, type StoreSettings } from './store';

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
	store: Omit<StoreSettings, 'encryptionKeys'>;
}

export type ChatCacheDeps = StoreDeps & { encryptionKeys: readonly Buffer[] };

export interface ServedAnswer {
	record: ChatRecord;
	/** For `hit` and `stale`: what the entry knows of the call it saved. */
	status: 'hit' | 'stale';
	ageMs: number;
	ttlMs: number;
	latencyMs: number | null;
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

/**
 * The cache in front of one chat model, a turn at a time.
 * @param open opens the backend; where it throws StoreUnavailable the turn is a miss
 */
export function createChatCache(
	settings: ChatCacheSettings,
	open: () => Promise<ChatCacheDeps>,
	nowMs: () => number,
): { ask(request: JsonObject): Promise<AskedTurn> } {
	return {
		async ask(found) {
			const startedAtMs = nowMs();
			const turn = keyOf(found, settings);
			if ('refused' in turn) return bypassed(turn.refused);
			let deps: ChatCacheDeps;
			let outcome: LookupOutcome;
			try {
				deps = await open();
				outcome = await lookUp(turn, settings, deps, 'lookup');
			} catch (error) {
				return bypassed(unreachable(error, settings), turn.key);
			}
			const served = readServed(outcome);
			const mayServe = served !== undefined && !(isHit(outcome) && outcome.refresh);
			if (!mayServe && settings.control.onlyIfCached) throw notCached(outcome.reasons);
			return {
				key: turn.key,
				reasons: served || !isHit(outcome) ? outcome.reasons : ['the entry is no chat answer'],
				served: mayServe ? served : undefined,
				status: mayServe || !isHit(outcome) ? outcome.status : 'miss',
				lookupMs: nowMs() - startedAtMs,
				settle: (answer) => settle(turn, answer, outcome, settings, deps, nowMs() - startedAtMs),
				abandon: () => abandon(turn, outcome, settings, deps, served),
			};
		},
	};
}

interface Turn {
	request: JsonObject;
	key: string;
	explained: ExplainedRequest;
}

function keyOf(found: JsonObject, settings: ChatCacheSettings): Turn | { refused: string } {
	const { namespace, keyVersion, ignoreFields, maxRequestBytes: maxBytes, turns } = settings;
	if (settings.control.noStore) return { refused: 'no-store was asked for' };
	const refused = refusedTurn(found, turns);
	if (refused !== undefined) return { refused };
	const request =
		settings.normalization === 'whitespace' ? (normalizeTexts(found) as JsonObject) : found;
	try {
		const key = requestKey(request, { namespace, keyVersion, ignoreFields, maxBytes });
		return { request, key, explained: explainRequest(request, keyVersion, ignoreFields) };
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return { refused: error.message };
	}
}

async function lookUp(
	{ key, explained }: Turn,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
	operation: 'lookup' | 'fallback',
): Promise<LookupOutcome> {
	const { namespace, control } = settings;
	const { encryptionKeys } = deps;
	const how = { ...settings.lookup, operation, encryptionKeys };
	const [outcome] = await lookup([{ namespace, key, explained, control }], how, deps);
	return outcome!;
}

function readServed(outcome: LookupOutcome): ServedAnswer | undefined {
	if (!isHit(outcome)) return undefined;
	const { meta, response } = outcome.entry;
	const record = readChatRecord(response);
	if (!record) return undefined;
	const { status, ageMs } = outcome;
	return { record, status, ageMs, ttlMs: meta.ttlMs, latencyMs: meta.latencyMs };
}

async function settle(
	turn: Turn,
	answer: ChatAnswer,
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
	latencyMs: number,
): Promise<StoreOutcome> {
	const refused = refusedAnswer(answer, turn.request, settings.turns);
	if (refused !== undefined) {
		await release(turn, outcome, settings, deps);
		return { stored: false, reasons: [refused] };
	}
	const record = answer.record as unknown as Json;
	return store(turn, { response: record, reply: asReply(answer) }, outcome, settings, deps, {
		latencyMs,
		usage: answer.record.usage ?? undefined,
	});
}

/** Gives the lease up, so that those who wait go on; then an older answer may be served. */
async function abandon(
	turn: Turn,
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
	stale: ServedAnswer | undefined,
): Promise<ServedAnswer | undefined> {
	await release(turn, outcome, settings, deps);
	if (stale || !settings.serveStaleOnError) return stale;
	try {
		return readServed(await lookUp(turn, settings, deps, 'fallback'));
	} catch {
		// The model's own error is what the user has to see.
		return undefined;
	}
}

async function release(
	turn: Turn,
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
): Promise<void> {
	if (!leads(outcome)) return;
	await store(turn, { response: { error: 'no answer' } }, outcome, settings, deps, {
		latencyMs: null,
	});
}

const leads = (outcome: LookupOutcome): boolean =>
	isHit(outcome) ? outcome.refresh : outcome.leader;

async function store(
	{ request, key, explained }: Turn,
	answer: { response: Json; reply?: Json },
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
	measured: { latencyMs: number | null; usage?: JsonObject },
): Promise<StoreOutcome> {
	const { namespace, keyVersion, tags } = settings;
	const { token: leaseToken, epoch } = outcome;
	const one = { namespace, key, keyVersion, request, explained, tags, epoch, leaseToken };
	const { encryptionKeys } = deps;
	try {
		const [stored] = await storeAnswers(
			[{ ...one, ...answer, ...measured }],
			{ ...settings.store, encryptionKeys },
			deps,
		);
		return stored!;
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		return { stored: false, reasons: [reasonOf(error)] };
	}
}

function bypassed(reason: string, key: string | null = null): AskedTurn {
	return {
		key,
		reasons: [reason],
		served: undefined,
		status: key === null ? 'bypass' : 'miss',
		lookupMs: 0,
		settle: async () => ({ stored: false, reasons: [reason] }),
		abandon: async () => undefined,
	};
}

function unreachable(error: unknown, { onBackendError, control }: ChatCacheSettings): string {
	if (error instanceof ConfigError || onBackendError === 'fail') throw error;
	const reason = reasonOf(error);
	if (control.onlyIfCached) throw notCached([reason]);
	return reason;
}

function reasonOf(error: unknown): string {
	const text = error instanceof Error ? error.message : String(error);
	const hint = error instanceof StoreUnavailable && error.hint ? ` (${error.hint})` : '';
	return `backend unreachable: ${text}${hint}`;
}

function notCached(reasons: string[]): ConfigError {
	return new ConfigError(
		`No cached answer, and only-if-cached was asked for (${reasons.join('; ')})`,
		'Cache Control',
		'Leave only-if-cached out to let the model answer.',
	);
}
