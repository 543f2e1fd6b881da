import type { DatabaseSync } from 'node:sqlite';
import type { Components } from '../../core/explain/components';
import {
	INVALIDATED_MEANWHILE,
	isInvalidated,
	NAMESPACE_TAG,
} from '../../core/freshness/invalidation';
import type {
	CacheStore,
	LeaseState,
	LookupQuery,
	LookupRow,
	RenewalRef,
	StoreCommand,
	StoreReply,
} from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import { attempt, attemptPatiently, isBusy, refusedWrite } from './attempt';
import { createEviction, type CacheLimits } from './eviction';
import { walkEntries } from './entries';
import { inspectNamespaces } from './inspect';
import { createInvalidate } from './invalidate';
import { createLaterWrites } from './laterWrites';
import { createLeases } from './leases';
import { createNamespaces } from './namespaces';
import { createSpaces, type Spaces } from './spaces';
import { createStats } from './stats';
import { inReading, inTransaction, isContended } from './transaction';

/** How often the time of last use is written, at most, for one entry. */
const USED_AT_STEP_MS = 60_000;
/** How long a store or a lease's end waits for another process's write: less than a node waits for the backend. */
const PATIENCE_MS = 250;
/** How long an invalidation does: the one who asked for it counts on it. */
const INVALIDATION_PATIENCE_MS = 3_000;

interface EntryRow {
	rowid: number;
	stored_at: number;
	expires_at: number;
	used_at: number;
	epoch: number;
	key_version: string;
	tags: string;
	packed: Uint8Array;
	ns_epoch: number;
}

/**
 * The cache in one SQLite file (tables: cacheSchema.ts). For the processes of one machine: WAL lets them read
 * while one writes. A store writes entry, tags and the release of its lease in one transaction.
 * A hit only reads, so that it goes on while another process writes, and on a full or read-only disk.
 */
export function sqliteCacheStore(db: DatabaseSync, clock: Clock, limits: CacheLimits): CacheStore {
	const namespaces = createNamespaces(db);
	const leases = createLeases(db);
	const stats = createStats(db, namespaces);
	const later = createLaterWrites(db, stats);
	const evict = createEviction(db, limits);
	const invalidate = createInvalidate(db, namespaces, clock);
	const select = db.prepare(
		`SELECT rowid, stored_at, expires_at, used_at, epoch, key_version, tags, packed,
		(SELECT epoch FROM cache_namespaces WHERE id = ns) AS ns_epoch FROM cache_entries WHERE key = ? AND ns = ?`,
	);
	const upsert = db.prepare(
		`INSERT INTO cache_entries (key, ns, stored_at, expires_at, used_at, epoch, size, key_version, tags, packed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key, ns) DO UPDATE SET stored_at = excluded.stored_at, expires_at = excluded.expires_at,
		used_at = excluded.used_at, epoch = excluded.epoch, size = excluded.size, key_version = excluded.key_version,
		tags = excluded.tags, packed = excluded.packed`,
	);
	const storedAt = db.prepare('SELECT stored_at FROM cache_entries WHERE key = ? AND ns = ?');
	const countTag = db.prepare(
		'INSERT INTO cache_tags (ns, tag, stored) VALUES (?, ?, 1) ON CONFLICT (ns, tag) DO UPDATE SET stored = stored + 1',
	);
	const endedAt = db.prepare(
		'SELECT epoch FROM cache_ended WHERE key = ? AND ns = ? AND expires_at > ?',
	);
	const remember = db.prepare(
		'INSERT OR REPLACE INTO cache_near (ns, user_hash, components, at) VALUES (?, ?, ?, ?)',
	);
	const recall = db.prepare('SELECT components FROM cache_near WHERE ns = ? AND user_hash = ?');

	/** One statement for a hit: the namespace's count comes with the entry, and tells whether what is remembered of it still holds. */
	function read(query: LookupQuery, spaces: Spaces, nowMs: number): LookupRow {
		const key = Buffer.from(query.key, 'hex');
		const seen = namespaces.remembered(query.namespace) ?? spaces.now(query.namespace);
		const row = select.get(key, seen.id) as unknown as EntryRow | undefined;
		const space = row?.ns_epoch === seen.epoch ? seen : spaces.now(query.namespace);
		spaces.epochs.set(query.namespace, space.epoch);
		if (row && row.expires_at > nowMs) {
			const { stored_at: storedAtMs, epoch, key_version: keyVersion } = row;
			const tags = row.tags === '' ? [] : row.tags.split('\n');
			if (!isInvalidated({ storedAtMs, epoch, tags, keyVersion }, space)) {
				if (nowMs - row.used_at > USED_AT_STEP_MS) later.used(row.rowid, nowMs);
				return { found: true, storedAtMs, packed: row.packed };
			}
			return { found: false, why: 'invalidated', lease: 'none' };
		}
		return { found: false, why: 'absent', lease: 'none' };
	}

	/** The misses that want a lease which nobody holds. Whoever waits for another's answer looks again and again, and that only reads. */
	function unheld(queries: LookupQuery[], rows: LookupRow[], nowMs: number): number[] {
		return [...queries.keys()].filter((index) => {
			const { lease, key } = queries[index]!;
			const row = rows[index]!;
			if (!lease || row.found) return false;
			const state = leases.peek(Buffer.from(key, 'hex'), lease, nowMs);
			row.lease = state ?? 'none';
			return state === undefined;
		});
	}

	/**
	 * Misses are read again inside the transaction that takes their leases: another process may have stored in between.
	 * So is the clock: a wait for the lock is no part of a lease.
	 */
	function lead(free: number[], queries: LookupQuery[], rows: LookupRow[], spaces: Spaces): void {
		try {
			inTransaction(db, () => {
				const nowMs = clock.nowMs();
				spaces.forget();
				for (const index of free) {
					const query = queries[index]!;
					const row = read(query, spaces, nowMs);
					rows[index] = row;
					if (row.found) continue;
					row.lease = leases.acquire(Buffer.from(query.key, 'hex'), query.lease!, nowMs);
				}
			});
		} catch (error) {
			// Without leases two callers may compute one answer; the hits of this batch are served all the same.
			if (refusedWrite(error) === undefined) throw error;
			const lease = refusedLease(error);
			for (const index of free) {
				if (!rows[index]!.found) rows[index] = { found: false, why: 'absent', lease };
			}
		}
	}

	/** Who looks again in a moment learns who leads, unless the lock is held by one who was stopped. */
	const refusedLease = (error: unknown): LeaseState =>
		isBusy(error) && isContended(db) ? 'held' : 'none';

	function put(command: StoreCommand, nowMs: number): StoreReply {
		const key = Buffer.from(command.key, 'hex');
		const space = namespaces.ensure(command.namespace);
		const { packed, tags, keyVersion, userHash, components, ageMs = 0 } = command;
		if (command.leaseToken) leases.drop(key, command.leaseToken);
		// A count of a file that is no more may lie above this one's.
		const epoch = Math.min(command.epoch ?? space.epoch, space.epoch);
		const ended = endedAt.get(key, space.id, nowMs);
		if (command.epoch !== undefined && epoch < Number(ended?.epoch ?? 0)) {
			return { stored: false, reason: INVALIDATED_MEANWHILE };
		}
		const storedAtMs = nowMs - Math.round(ageMs);
		for (const tag of [NAMESPACE_TAG, ...tags]) countTag.run(space.id, tag);
		upsert.run(
			key,
			space.id,
			storedAtMs,
			nowMs + Math.round(command.keepMs),
			nowMs,
			epoch,
			packed.length,
			keyVersion,
			tags.join('\n'),
			packed,
		);
		if (userHash !== '') {
			remember.run(space.id, Buffer.from(userHash, 'hex'), JSON.stringify(components), nowMs);
		}
		return { stored: true, storedAtMs };
	}

	/** Frees room after a store. What was stored stays stored, whether or not that succeeds. */
	function tidy(nowMs: number, stored: number): void {
		try {
			evict(nowMs, stored);
		} catch (error) {
			if (refusedWrite(error) === undefined) throw error;
		}
	}

	const ask = <T>(work: () => T): T => attempt(work, db);
	const askPatiently = <T>(mostMs: number, work: () => T): Promise<T> =>
		attemptPatiently(() => inTransaction(db, work), db, mostMs);

	return {
		backend: 'embedded',

		lookup: async (queries) =>
			ask(() => {
				const nowMs = clock.nowMs();
				const spaces = createSpaces(namespaces);
				const rows = inReading(db, queries.length, () =>
					queries.map((query) => read(query, spaces, nowMs)),
				);
				const free = unheld(queries, rows, nowMs);
				if (free.length > 0) lead(free, queries, rows, spaces);
				for (const [index, row] of rows.entries()) {
					if (row.found) continue;
					const query = queries[index]!;
					const near = recall.get(
						spaces.now(query.namespace).id,
						Buffer.from(query.userHash, 'hex'),
					);
					if (near) row.earlier = JSON.parse(String(near.components)) as Components;
				}
				return { nowMs, epochs: spaces.epochs, rows };
			}),

		store: async (commands) => {
			try {
				const replies = await askPatiently(PATIENCE_MS, () => {
					const nowMs = clock.nowMs();
					return commands.map((command) => put(command, nowMs));
				});
				ask(() => tidy(clock.nowMs(), commands.length));
				return replies;
			} catch (error) {
				const reason = refusedWrite((error as Error).cause ?? error);
				if (reason === undefined) throw error;
				return commands.map(() => ({ stored: false, reason }));
			}
		},

		acquireLeases: async (refs, ttlMs) =>
			ask(() => {
				const acquire = ({ namespace, key, token, storedAtMs }: RenewalRef): LeaseState => {
					const id = Buffer.from(key, 'hex');
					const row = storedAt.get(id, namespaces.find(namespace).id);
					const anew = row !== undefined && row.stored_at !== storedAtMs;
					return anew ? 'held' : leases.acquire(id, { token, ttlMs }, clock.nowMs());
				};
				try {
					return inTransaction(db, () => refs.map(acquire));
				} catch (error) {
					// No failure of the backend: what was found is served, and the breaker stays closed.
					if (refusedWrite(error) === undefined) throw error;
					return refs.map(() => refusedLease(error));
				}
			}),
		extendLeases: (refs, ttlMs) =>
			askPatiently(PATIENCE_MS, () => leases.extend(refs, clock.nowMs() + ttlMs)),
		releaseLeases: (refs, markMs) =>
			askPatiently(PATIENCE_MS, () => leases.release(refs, clock.nowMs() + markMs)),
		invalidate: (namespace, target) =>
			askPatiently(INVALIDATION_PATIENCE_MS, () => invalidate(namespace, target)),
		count: async (namespace, counts) =>
			ask(() => {
				stats.count(namespace, counts);
				later.write(clock.nowMs());
			}),
		inspect: () => inspectNamespaces(db, namespaces, stats, clock.nowMs()),
		entries: (namespace, from) => walkEntries(db, namespaces, () => clock.nowMs(), namespace, from),
	};
}
