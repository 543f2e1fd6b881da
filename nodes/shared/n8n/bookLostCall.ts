import { randomUUID } from 'node:crypto';
import { ledgerCall } from '../core/ledger/call';
import type { Connection } from './connections';
import { withLedger } from './openLedger';

const TIMEOUT_MS = 2_000;

/**
 * Books a model call that was begun and whose answer never came, behind the scenes: it may have been billed, but nobody
 * knows for how much. What the ledger does not take is given up.
 */
export function bookLostCall(connection: Connection, namespace: string, workflow = ''): void {
	const id = `lost:${randomUUID()}`;
	const atMs = connection.clock.nowMs();
	const call = ledgerCall({ id, atMs, kind: 'lost', workflow, namespace });
	withLedger(connection, (ledger) => ledger.record([call]), TIMEOUT_MS).catch(() => undefined);
}
