import { packVector, unpackVector } from '../core/embeddings/vectorText';
import { StoreUnavailable } from '../core/errors';
import { explainRequest } from '../core/explain/components';
import { parseCacheControl } from '../core/freshness/cacheControl';
import type { Json, JsonObject } from '../core/json';
import { requestKey } from '../core/key/requestKey';
import { isHit, lookup, type LookupOutcome, type LookupSettings } from './lookup';
import { storeAnswers, type KeepSettings, type StoreDeps, type StoreRequest } from './store';

export interface EmbeddingCacheSettings {
	namespace: string;
	keyVersion: string;
	tags: string[];
	/** `fail`: a backend that does not answer fails the call; else every text is computed. */
	onBackendError: 'miss' | 'fail';
	lookup: Pick<LookupSettings, 'coalesce' | 'coalesceWaitMs' | 'timeoutMs'>;
	keep: KeepSettings;
}

export type EmbeddingCacheDeps = StoreDeps & { encryptionKeys: readonly Buffer[] };

export interface Embedded {
	/** In the order of the texts. */
	vectors: number[][];
	hits: number;
	/** Different texts that had to be computed. */
	computed: number;
	reasons: string[];
}

/** How the model embeds a text: many models embed a question otherwise than what is searched. */
export type EmbeddingKind = 'query' | 'document';

const ALWAYS = parseCacheControl('');

/**
 * Embeds texts, of which only those without an entry are computed, in one call.
 * @param model what tells one model's vectors from another's: name, dimensions and settings
 * @param compute the model itself; its errors are passed on
 */
export async function embedCached(
	texts: string[],
	kind: EmbeddingKind,
	model: JsonObject,
	compute: (missing: string[]) => Promise<number[][]>,
	settings: EmbeddingCacheSettings,
	open: () => Promise<EmbeddingCacheDeps>,
): Promise<Embedded> {
	const unique = [...new Set(texts)];
	const asked = unique.map((text) => toAsked(text, kind, model, settings));
	const found = await lookUpAll(asked, settings, open);
	const vectors = new Map<string, number[]>();
	const missing: Missing[] = [];
	asked.forEach((one, at) => {
		const outcome = found.outcomes[at];
		const vector = outcome && isHit(outcome) ? unpackVector(outcome.entry.response) : undefined;
		if (vector) vectors.set(one.text, vector);
		else missing.push({ ...one, outcome });
	});
	let reasons = found.reasons;
	if (missing.length > 0) {
		const clock = found.deps?.clock;
		const startedAtMs = clock?.elapsedMs() ?? 0;
		let computed: number[][];
		try {
			computed = await compute(missing.map(({ text }) => text));
		} catch (error) {
			await keep(missing, [], null, settings, found.deps);
			throw error;
		}
		missing.forEach(({ text }, at) => vectors.set(text, computed[at] ?? []));
		const whole = computed.length === missing.length ? computed : [];
		const elapsedMs = (clock?.elapsedMs() ?? 0) - startedAtMs;
		const latencyMs = Math.round(elapsedMs / missing.length);
		reasons = [...reasons, ...(await keep(missing, whole, latencyMs, settings, found.deps))];
	}
	return {
		vectors: texts.map((text) => vectors.get(text)!),
		hits: unique.length - missing.length,
		computed: missing.length,
		reasons: [...new Set(reasons)],
	};
}

interface Asked {
	text: string;
	request: JsonObject;
	key: string;
}

type Missing = Asked & { outcome: LookupOutcome | undefined };

function toAsked(
	text: string,
	kind: EmbeddingKind,
	model: JsonObject,
	{ namespace, keyVersion }: EmbeddingCacheSettings,
): Asked {
	const request = { ...model, task: 'embedding', kind, input: text };
	return { text, request, key: requestKey(request, { namespace, keyVersion }) };
}

async function lookUpAll(
	asked: Asked[],
	settings: EmbeddingCacheSettings,
	open: () => Promise<EmbeddingCacheDeps>,
): Promise<{ deps?: EmbeddingCacheDeps; outcomes: LookupOutcome[]; reasons: string[] }> {
	try {
		const deps = await open();
		const { namespace, keyVersion } = settings;
		const requests = asked.map(({ key, request }) => ({
			namespace,
			key,
			explained: explainRequest(request, keyVersion, []),
			control: ALWAYS,
		}));
		const { encryptionKeys } = deps;
		const how = { ...settings.lookup, operation: 'lookup', encryptionKeys } as const;
		return { deps, outcomes: await lookup(requests, how, deps), reasons: [] };
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || settings.onBackendError === 'fail') throw error;
		return { outcomes: [], reasons: [`backend unreachable: ${error.message}`] };
	}
}

/** Stores what was computed; without vectors it gives up the leases of what was not. */
async function keep(
	missing: Missing[],
	vectors: number[][],
	latencyMs: number | null,
	settings: EmbeddingCacheSettings,
	deps: EmbeddingCacheDeps | undefined,
): Promise<string[]> {
	if (!deps) return [];
	const { namespace, keyVersion, tags, lookup: how } = settings;
	const requests = missing.map(({ request, key, outcome }, at): StoreRequest => {
		const packed = vectors[at] && packVector(vectors[at]);
		return {
			namespace,
			key,
			keyVersion,
			request,
			explained: explainRequest(request, keyVersion, []),
			tags,
			response: (packed ?? { error: 'no vector' }) as unknown as Json,
			latencyMs,
			epoch: outcome?.epoch,
			leaseToken: outcome?.token,
			keep: settings.keep,
		};
	});
	const { encryptionKeys } = deps;
	try {
		const { timeoutMs } = how;
		const outcomes = await storeAnswers(requests, { timeoutMs, encryptionKeys }, deps);
		return outcomes.flatMap(({ stored, reasons }) => (stored ? [] : reasons));
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
		return [`not stored: ${error.message}`];
	}
}
