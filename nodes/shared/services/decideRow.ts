import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import { explainMiss } from '../core/explain/explainMiss';
import { entryAge, freshness } from '../core/freshness/freshness';
import type { LookupReply, LookupRow } from '../ports/CacheStore';
import type { LookupOutcome, LookupRequest, LookupSettings } from './lookupOutcome';

/** Reasons of an entry that could not be read begin with this. */
export const UNREADABLE = 'unreadable entry';

/** What is decided on; the token names who would compute a missing answer. */
interface Asked {
	readonly request: LookupRequest;
	readonly token: string;
}

/** Decides what a backend's row means for one request; leases are settled afterwards. */
export function decideRow(
	asked: Asked,
	row: LookupRow,
	reply: LookupReply,
	settings: LookupSettings,
): LookupOutcome {
	const { request } = asked;
	const epoch = reply.epochs.get(request.namespace) ?? 0;
	if (request.control.noStore) {
		return { status: 'bypass', reasons: ['no-store was asked for'], leader: false };
	}
	if (!row.found) {
		return row.why === 'invalidated'
			? miss(asked, epoch, ['the entry was invalidated'])
			: miss(asked, epoch, explainMiss(request.explained.components, row.earlier));
	}
	let entry: Entry;
	try {
		entry = (settings.decode ?? decodeEntry)(row.packed, settings.encryptionKeys);
	} catch (error) {
		if (!(error instanceof CorruptEntry)) throw error;
		return miss(asked, epoch, [`${UNREADABLE}: ${error.message}`]);
	}
	const age = freshness(
		entryAge(row.storedAtMs, entry.meta),
		reply.nowMs,
		request.control,
		settings.operation,
	);
	if (age.state === 'unusable') return miss(asked, epoch, [age.reason]);
	const ageMs = Math.max(0, age.ageMs);
	if (age.state === 'fresh') {
		return { status: 'hit', entry, ageMs, reasons: [], refresh: false, epoch };
	}
	const { token } = asked;
	return { status: 'stale', entry, ageMs, reasons: [age.reason], refresh: false, token, epoch };
}

function miss({ token }: Asked, epoch: number, reasons: string[]): LookupOutcome {
	return { status: 'miss', reasons, leader: false, token, epoch };
}
