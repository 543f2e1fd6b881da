import { randomUUID } from 'node:crypto';
import { cleanDimensions } from '../core/ledger/call';
import type { Connection } from './connections';
import { withLedger } from './openLedger';

const TIMEOUT_MS = 2_000;

/**
 * Books a model call that was begun and whose answer never came, behind the scenes: it may have been billed, but nobody
 * knows for how much. What the ledger does not take is given up.
 */
export function bookLostCall(connection: Connection, namespace: string, workflow = ''): void {
	const call = {
		...cleanDimensions({ provider: '', model: '', workflow, namespace, tags: [], prompt: '' }),
		id: `lost:${randomUUID()}`,
		atMs: connection.clock.nowMs(),
		kind: 'lost' as const,
		costNanoUsd: null,
		avoidedNanoUsd: null,
		overheadNanoUsd: 0,
		providerSavedNanoUsd: 0,
		inputTokens: 0,
		cacheReadTokens: 0,
		cacheWriteTokens: 0,
		outputTokens: 0,
		latencyMs: null,
		savedLatencyMs: 0,
		settles: [],
	};
	withLedger(connection, (ledger) => ledger.record([call]), TIMEOUT_MS).catch(() => undefined);
}
