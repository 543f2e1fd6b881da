import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import { explainMiss } from '../core/explain/explainMiss';
import { entryAge, freshness } from '../core/freshness/freshness';
import type { LookupReply, LookupRow } from '../ports/CacheStore';
import type { LookupOutcome, LookupRequest, LookupSettings } from './lookupOutcome';

/** Reasons of an entry that could not be read begin with this. */
export const UNREADABLE = 'unreadable entry';

/** Decides what a backend's row means for one request; leases are settled afterwards. */
export function decideRow(
	request: LookupRequest,
	token: string,
	row: LookupRow,
	reply: LookupReply,
	settings: LookupSettings,
): LookupOutcome {
	const epoch = reply.epochs.get(request.namespace) ?? 0;
	const miss = (...reasons: string[]): LookupOutcome => ({
		status: 'miss',
		reasons,
		leader: false,
		token,
		epoch,
	});
	if (request.control.noStore) {
		return { status: 'bypass', reasons: ['no-store was asked for'], leader: false };
	}
	if (!row.found) {
		return row.why === 'invalidated'
			? miss('the entry was invalidated')
			: miss(...explainMiss(request.explained.components, row.earlier));
	}
	let entry: Entry;
	try {
		entry = decodeEntry(row.packed, settings.encryptionKeys);
	} catch (error) {
		if (!(error instanceof CorruptEntry)) throw error;
		return miss(`${UNREADABLE}: ${error.message}`);
	}
	const age = freshness(
		entryAge(row.storedAtMs, entry.meta),
		reply.nowMs,
		request.control,
		settings.operation,
	);
	if (age.state === 'unusable') return miss(age.reason);
	const reasons = age.state === 'stale' ? [age.reason] : [];
	const status = age.state === 'fresh' ? 'hit' : 'stale';
	return {
		status,
		entry,
		ageMs: Math.max(0, age.ageMs),
		reasons,
		refresh: false,
		token,
		epoch,
	};
}
