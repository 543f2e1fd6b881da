import type { LedgerDimensions } from '../ledger/call';
import type { Counters } from '../ledger/counters';
import { addCounters, noCounters } from '../ledger/counters';
import { quantile } from '../ledger/histogram';
import type { LedgerRow } from '../ledger/rows';

/** What is asked of a set of calls. Money in nano-USD, rates 0 to 1, null where there is nothing to divide. */
export interface Figures {
	calls: number;
	hits: number;
	spendNanoUsd: number;
	/** What hits would have cost, less what the response cache itself cost. */
	avoidedNanoUsd: number;
	overheadNanoUsd: number;
	netAvoidedNanoUsd: number;
	/** What the providers' prompt caches saved, less the surcharge for writes. */
	providerSavedNanoUsd: number;
	/** Hits of all answers. */
	responseHitRate: number | null;
	/** Input tokens read from the providers' caches, of all input tokens. */
	providerHitRate: number | null;
	inputTokens: number;
	cacheReadTokens: number;
	cacheWriteTokens: number;
	outputTokens: number;
	callP50Ms: number | null;
	callP95Ms: number | null;
	hitP50Ms: number | null;
	hitP95Ms: number | null;
	savedLatencyMs: number;
	/** Calls, and hits, whose cost is not known and is missing above. */
	unknownCosts: number;
	/** Calls that were begun and whose answer never came; perhaps billed, and in no other figure. */
	lostCalls: number;
}

export interface Group extends Figures {
	name: string;
}

export const groupings = ['model', 'provider', 'workflow', 'namespace', 'tag', 'prompt'] as const;
export type Grouping = (typeof groupings)[number];

export interface Report {
	fromMs: number;
	toMs: number;
	totals: Figures;
	/** Days (or hours) in order, those without calls included. */
	byTime: Array<Figures & { startMs: number }>;
	/** Largest spend and saving first. A call with several tags counts under each of them. */
	groups: Record<Grouping, Group[]>;
}

export interface ReportRequest {
	fromMs: number;
	toMs: number;
	stepMs: number;
	/** Only rows with these values, where given. */
	filter?: Partial<Pick<LedgerDimensions, 'namespace' | 'workflow' | 'model'>> & { tag?: string };
}

/** Adds ledger rows up into a report. */
export function buildReport(rows: readonly LedgerRow[], request: ReportRequest): Report {
	const totals = noCounters();
	const times = new Map<number, Counters>();
	const combinations = new Map<LedgerDimensions, Counters>();
	for (const { startMs, dimensions, counters } of rows) {
		if (!matches(dimensions, request.filter)) continue;
		addTo(times, Math.floor(startMs / request.stepMs) * request.stepMs, counters);
		addTo(combinations, dimensions, counters);
	}
	const groups = Object.fromEntries(
		groupings.map((by) => [by, new Map<string, Counters>()]),
	) as Record<Grouping, Map<string, Counters>>;
	for (const [dimensions, counters] of combinations) {
		addCounters(totals, counters);
		for (const by of groupings) {
			for (const name of namesIn(dimensions, by)) addTo(groups[by], name, counters);
		}
	}
	return {
		fromMs: request.fromMs,
		toMs: request.toMs,
		totals: figures(totals),
		byTime: steps(request).map((startMs) => ({
			startMs,
			...figures(times.get(startMs) ?? noCounters()),
		})),
		groups: Object.fromEntries(groupings.map((by) => [by, sorted(groups[by])])) as Report['groups'],
	};
}

function addTo<K>(sums: Map<K, Counters>, key: K, counters: Counters): void {
	const sum = sums.get(key);
	if (sum === undefined) sums.set(key, addCounters(noCounters(), counters));
	else addCounters(sum, counters);
}

function namesIn(dimensions: LedgerDimensions, by: Grouping): readonly string[] {
	if (by === 'tag') return dimensions.tags;
	return dimensions[by] === '' ? [] : [dimensions[by]];
}

function matches(dimensions: LedgerDimensions, filter: ReportRequest['filter'] = {}): boolean {
	const { namespace, workflow, model, tag } = filter;
	return (
		(!namespace || dimensions.namespace === namespace) &&
		(!workflow || dimensions.workflow === workflow) &&
		(!model || dimensions.model === model) &&
		(!tag || dimensions.tags.includes(tag))
	);
}

const maxSteps = 2_000;

function steps({ fromMs, toMs, stepMs }: ReportRequest): number[] {
	const starts: number[] = [];
	const first = Math.floor(fromMs / stepMs) * stepMs;
	for (let at = first; at < toMs && starts.length < maxSteps; at += stepMs) starts.push(at);
	return starts;
}

function sorted(sums: Map<string, Counters>): Group[] {
	return [...sums]
		.map(([name, counters]) => ({ name, ...figures(counters) }))
		.sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
}

function weight(group: Figures): number {
	return group.spendNanoUsd + group.avoidedNanoUsd;
}

function figures(of: Counters): Figures {
	return {
		calls: of.calls,
		hits: of.hits,
		spendNanoUsd: of.costNanoUsd,
		avoidedNanoUsd: of.avoidedNanoUsd,
		overheadNanoUsd: of.overheadNanoUsd,
		netAvoidedNanoUsd: of.avoidedNanoUsd - of.overheadNanoUsd,
		providerSavedNanoUsd: of.providerSavedNanoUsd,
		responseHitRate: ratio(of.hits, of.hits + of.calls),
		providerHitRate: ratio(of.cacheReadTokens, of.inputTokens),
		inputTokens: of.inputTokens,
		cacheReadTokens: of.cacheReadTokens,
		cacheWriteTokens: of.cacheWriteTokens,
		outputTokens: of.outputTokens,
		callP50Ms: rounded(quantile(of.callLatency, 0.5)),
		callP95Ms: rounded(quantile(of.callLatency, 0.95)),
		hitP50Ms: rounded(quantile(of.hitLatency, 0.5)),
		hitP95Ms: rounded(quantile(of.hitLatency, 0.95)),
		savedLatencyMs: of.savedLatencyMs,
		unknownCosts: of.unknownCosts,
		lostCalls: of.lostCalls,
	};
}

function ratio(part: number, whole: number): number | null {
	return whole === 0 ? null : part / whole;
}

function rounded(ms: number | null): number | null {
	return ms === null ? null : Math.round(ms * 10) / 10;
}
