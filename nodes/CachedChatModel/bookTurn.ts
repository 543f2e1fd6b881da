import { randomUUID } from 'node:crypto';
import type { ISupplyDataFunctions } from 'n8n-workflow';
import { nanoFromUsd } from '../shared/core/price/money';
import type { Connection } from '../shared/n8n/connections';
import { withLedger } from '../shared/n8n/openLedger';
import type { PriceBook } from '../shared/ports/PriceBook';
import { track, type Tracked, type TrackRequest } from '../shared/services/track';

const TIMEOUT_MS = 1_000;

export interface BookedTurn {
	/** Where n8n filed the call, or the cache node's own run for a hit: the id Cost Tracker would book it under. */
	node: string;
	run: number;
	isHit: boolean;
	reply: unknown;
	model: string | undefined;
	provider: string | undefined;
	namespace: string;
	tags: readonly string[];
	latencyMs: number | null;
	savedLatencyMs: number;
	/** What the cache itself cost: a judging model's call. */
	overheadUsd: number;
}

/**
 * Prices a turn and books it in the cost ledger, beside the answer: a ledger that fails costs nobody an answer. Cost
 * Tracker books runs of sub-nodes under the same ids, so a call is booked once where both are used.
 */
export function bookTurn(
	ctx: ISupplyDataFunctions,
	turn: BookedTurn,
	book: PriceBook,
	connect: (() => Promise<Connection>) | undefined,
): Tracked {
	const id = `${ctx.getExecutionId() || randomUUID()}:${turn.node}:${turn.run}`;
	const request: TrackRequest = {
		parts: [{ id, response: turn.reply, hints: { model: turn.model, provider: turn.provider } }],
		isHit: turn.isHit,
		workflow: ctx.getWorkflow().name ?? '',
		namespace: turn.namespace,
		tags: turn.tags,
		prompt: '',
		latencyMs: turn.latencyMs,
		savedLatencyMs: turn.savedLatencyMs,
		overheadNanoUsd: nanoFromUsd(turn.overheadUsd) ?? 0,
		settles: [],
	};
	const tracked = track(request, book, {
		atMs: Date.now(),
		currency: { currency: 'USD', perUsd: 1, date: '' },
		localNanoUsdPerHour: 0,
	});
	const calls = tracked.calls.map(({ call }) => call);
	if (connect && calls.length > 0) {
		connect()
			.then((connection) => withLedger(connection, (ledger) => ledger.record(calls), TIMEOUT_MS))
			.catch((error: Error) => ctx.logger.debug(`Not booked in the cost ledger: ${error.message}`));
	}
	return tracked;
}
