import { asReply, readChatRecord, type ChatAnswer } from '../core/chat/chatAnswer';
import { refusedAnswer, refusedTurn } from '../core/chat/cacheableTurn';
import { ConfigError, StoreUnavailable } from '../core/errors';
import { explainRequest, type ExplainedRequest } from '../core/explain/components';
import type { Json, JsonObject } from '../core/json';
import { requestKey } from '../core/key/requestKey';
import { normalizeTexts } from '../core/request/normalizeTexts';
import type {
	AskedTurn,
	ChatCacheDeps,
	ChatCacheSettings,
	NearAnswer,
	ServedAnswer,
} from './chatTurn';
import { isHit, leads, lookup, type LookupOutcome } from './lookup';
import { storeAnswers, type StoreOutcome, type StoreRequest } from './store';

/**
 * The cache in front of one chat model, a turn at a time.
 * @param open opens the backend; where it throws StoreUnavailable the turn is a miss
 */
export function createChatCache(
	settings: ChatCacheSettings,
	open: Open,
	nowMs: () => number,
): { ask(request: JsonObject): Promise<AskedTurn> } {
	return {
		async ask(asked) {
			const startedAtMs = nowMs();
			const turn = keyOf(asked, settings);
			if ('refused' in turn) return bypassed(turn.refused);
			let found: Found;
			try {
				found = await find(turn, settings, await open());
			} catch (error) {
				return bypassed(unreachable(error, settings), turn.key);
			}
			const foundAtMs = nowMs();
			const { outcome, near } = found;
			const served = (near && readNear(near)) ?? readServed(outcome);
			const mayServe = served !== undefined && !(isHit(outcome) && outcome.refresh);
			const reasons = [...outcome.reasons, ...(near?.reasons ?? []), ...found.reasons];
			if (!served && isHit(outcome)) reasons.push('the entry is no chat answer');
			if (!mayServe && settings.control.onlyIfCached) throw notCached(reasons);
			return {
				key: turn.key,
				reasons,
				served: mayServe ? served : undefined,
				status: mayServe ? served.status : isHit(outcome) ? 'miss' : outcome.status,
				lookupMs: foundAtMs - startedAtMs,
				settle: (answer) => settle(turn, answer, found, settings, open, nowMs() - foundAtMs),
				abandon: () => abandon(turn, outcome, settings, open, served),
			};
		},
	};
}

/** Called for each use: a connection that idles while the model answers is closed. */
type Open = () => Promise<ChatCacheDeps>;

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

interface Found {
	outcome: LookupOutcome;
	near?: NearAnswer;
	reasons: string[];
}

/** The exact entry first; then nearness; and a lease only for what neither knows, or what is stale. */
async function find(turn: Turn, settings: ChatCacheSettings, deps: ChatCacheDeps): Promise<Found> {
	const reasons: string[] = [];
	const { control } = settings;
	if (!settings.near) return { outcome: await lookUp(turn, settings, deps, 'lookup'), reasons };
	const exact = await lookUp(turn, settings, deps, 'lookup', true);
	if (isHit(exact) && !exact.refresh) return { outcome: exact, reasons };
	let near: NearAnswer | undefined;
	try {
		near = await settings.near(turn.request, isHit(exact) || control.noCache);
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		const text = error instanceof Error ? error.message : String(error);
		reasons.push(`not looked for by meaning: ${text}`);
	}
	if (isHit(exact) || near?.served) return { outcome: exact, near, reasons };
	return { outcome: await lookUp(turn, settings, deps, 'lookup'), near, reasons };
}

function readNear({ served }: NearAnswer): ServedAnswer | undefined {
	if (!served) return undefined;
	const { entry, ageMs, stale, similarity, matchedPrompt } = served;
	const record = readChatRecord(entry.response);
	if (!record) return undefined;
	const { ttlMs, latencyMs } = entry.meta;
	const status = stale ? 'stale' : 'hit';
	return { record, status, ageMs, ttlMs, latencyMs, nearness: { similarity, matchedPrompt } };
}

async function lookUp(
	{ key, explained }: Turn,
	settings: ChatCacheSettings,
	deps: ChatCacheDeps,
	operation: 'lookup' | 'fallback',
	looksAgain = false,
): Promise<LookupOutcome> {
	const { namespace, control } = settings;
	const { encryptionKeys } = deps;
	const how = { ...settings.lookup, operation, looksAgain, encryptionKeys };
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
	{ outcome, near }: Found,
	settings: ChatCacheSettings,
	open: Open,
	latencyMs: number,
): Promise<StoreOutcome> {
	const refused = refusedAnswer(answer, turn.request, settings.turns);
	if (refused !== undefined) {
		await release(turn, outcome, settings, open);
		return { stored: false, reasons: [refused] };
	}
	const response = answer.record as unknown as Json;
	const { model = null } = turn.request;
	const usage = settings.paid?.(answer.record, typeof model === 'string' ? model : null);
	const request = {
		...requestFor(turn, outcome, settings),
		response,
		reply: asReply(answer),
		latencyMs,
		usage,
		semantic: near?.mark,
	};
	const stored = await store(request, settings, open);
	if (stored.stored) await near?.remember(request, stored);
	return stored;
}

/** Gives the lease up, so that those who wait go on; then an older answer may be served. */
async function abandon(
	turn: Turn,
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	open: Open,
	stale: ServedAnswer | undefined,
): Promise<ServedAnswer | undefined> {
	await release(turn, outcome, settings, open);
	if (stale || !settings.serveStaleOnError) return stale;
	try {
		return readServed(await lookUp(turn, settings, await open(), 'fallback'));
	} catch {
		// The model's own error is what the user has to see.
		return undefined;
	}
}

async function release(
	turn: Turn,
	outcome: LookupOutcome,
	settings: ChatCacheSettings,
	open: Open,
): Promise<void> {
	if (!leads(outcome)) return;
	const response = { error: 'no answer' };
	await store(
		{ ...requestFor(turn, outcome, settings), response, latencyMs: null },
		settings,
		open,
	);
}

function requestFor(
	{ request, key, explained }: Turn,
	{ token: leaseToken, epoch }: LookupOutcome,
	{ namespace, keyVersion, tags, keep }: ChatCacheSettings,
): Omit<StoreRequest, 'response' | 'latencyMs'> {
	return { namespace, key, keyVersion, request, explained, tags, epoch, leaseToken, keep };
}

async function store(
	request: StoreRequest,
	settings: ChatCacheSettings,
	open: Open,
): Promise<StoreOutcome> {
	const { timeoutMs } = settings.lookup;
	try {
		const deps = await open();
		const { encryptionKeys } = deps;
		const [stored] = await storeAnswers([request], { timeoutMs, encryptionKeys }, deps);
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
