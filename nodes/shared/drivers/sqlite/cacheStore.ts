import type { DatabaseSync } from 'node:sqlite';
import type { Components } from '../../core/explain/components';
import { isInvalidated, NAMESPACE_TAG } from '../../core/freshness/invalidation';
import type {
	CacheStore,
	LookupQuery,
	LookupReply,
	LookupRow,
	StoreCommand,
	StoreReply,
} from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import { attempt } from './attempt';
import { createEviction, type CacheLimits } from './eviction';
import { walkEntries } from './entries';
import { createInvalidate } from './invalidate';
import { createLeases } from './leases';
import { createNamespaces, type NamespaceState } from './namespaces';
import { createStats } from './stats';
import { inTransaction } from './transaction';

/** How often the time of last use is written, at most, for one entry. */
const USED_AT_STEP_MS = 60_000;

interface EntryRow {
	stored_at: number;
	expires_at: number;
	used_at: number;
	epoch: number;
	key_version: string;
	tags: string;
	packed: Uint8Array;
}

/**
 * The cache in one SQLite file (tables: cacheSchema.ts). For the processes of one machine: WAL lets them read
 * while one writes. A store writes entry, tags and the release of its lease in one transaction.
 */
export function sqliteCacheStore(db: DatabaseSync, clock: Clock, limits: CacheLimits): CacheStore {
	const namespaces = createNamespaces(db);
	const leases = createLeases(db);
	const stats = createStats(db, namespaces);
	const evict = createEviction(db, limits);
	const invalidate = createInvalidate(db, namespaces, clock);
	const select = db.prepare(
		'SELECT stored_at, expires_at, used_at, epoch, key_version, tags, packed FROM entries WHERE key = ?',
	);
	const touch = db.prepare('UPDATE entries SET used_at = ? WHERE key = ?');
	const upsert = db.prepare(
		`INSERT INTO entries (key, ns, stored_at, expires_at, used_at, epoch, size, key_version, tags, packed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET stored_at = excluded.stored_at, expires_at = excluded.expires_at,
		used_at = excluded.used_at, epoch = excluded.epoch, size = excluded.size, key_version = excluded.key_version,
		tags = excluded.tags, packed = excluded.packed`,
	);
	const countTag = db.prepare(
		'INSERT INTO tags (ns, tag, stored) VALUES (?, ?, 1) ON CONFLICT (ns, tag) DO UPDATE SET stored = stored + 1',
	);
	const remember = db.prepare(
		'INSERT OR REPLACE INTO near (ns, user_hash, components, at) VALUES (?, ?, ?, ?)',
	);
	const recall = db.prepare('SELECT components FROM near WHERE ns = ? AND user_hash = ?');

	function read(key: Buffer, space: NamespaceState, nowMs: number): LookupRow {
		const row = select.get(key) as unknown as EntryRow | undefined;
		if (!row || row.expires_at <= nowMs) return { found: false, why: 'absent', lease: 'none' };
		const { stored_at: storedAtMs, epoch, key_version: keyVersion } = row;
		const tags = row.tags === '' ? [] : row.tags.split('\n');
		if (isInvalidated({ storedAtMs, epoch, tags, keyVersion }, space)) {
			return { found: false, why: 'invalidated', lease: 'none' };
		}
		if (nowMs - row.used_at > USED_AT_STEP_MS) touch.run(nowMs, key);
		return { found: true, storedAtMs, packed: row.packed };
	}

	function lead(query: LookupQuery, space: NamespaceState, nowMs: number): LookupRow {
		const key = Buffer.from(query.key, 'hex');
		const row = read(key, space, nowMs);
		if (row.found) return row;
		const { components } = recall.get(space.id, query.userHash) ?? {};
		const earlier = components ? (JSON.parse(String(components)) as Components) : undefined;
		const lease = query.lease ? leases.acquire(key, query.lease, nowMs) : 'none';
		return { ...row, lease, earlier };
	}

	function put(command: StoreCommand, nowMs: number): StoreReply {
		const key = Buffer.from(command.key, 'hex');
		const space = namespaces.read(command.namespace);
		const { packed, tags, keyVersion } = command;
		for (const tag of [NAMESPACE_TAG, ...tags]) countTag.run(space.id, tag);
		const epoch = command.epoch ?? space.epoch;
		upsert.run(
			key,
			space.id,
			nowMs,
			nowMs + command.keepMs,
			nowMs,
			epoch,
			packed.length,
			keyVersion,
			tags.join('\n'),
			packed,
		);
		remember.run(space.id, command.userHash, JSON.stringify(command.components), nowMs);
		if (command.leaseToken) leases.drop(key, command.leaseToken);
		return { stored: true, storedAtMs: nowMs };
	}

	return {
		backend: 'embedded',

		lookup: async (queries: LookupQuery[]): Promise<LookupReply> =>
			attempt(() => {
				const nowMs = clock.nowMs();
				const spaces = new Map<string, NamespaceState>();
				const spaceOf = (name: string) => {
					const space = spaces.get(name) ?? namespaces.read(name);
					spaces.set(name, space);
					return space;
				};
				const rows = queries.map((query) =>
					read(Buffer.from(query.key, 'hex'), spaceOf(query.namespace), nowMs),
				);
				// Read again inside the transaction: another process may have stored in between.
				if (rows.some((row) => !row.found)) {
					inTransaction(db, () => {
						queries.forEach((query, index) => {
							if (!rows[index]?.found) rows[index] = lead(query, spaceOf(query.namespace), nowMs);
						});
					});
				}
				const epochs = new Map([...spaces].map(([name, { epoch }]) => [name, epoch]));
				return { nowMs, epochs, rows };
			}),

		store: async (commands) =>
			attempt(() => {
				const nowMs = clock.nowMs();
				const replies = inTransaction(db, () => commands.map((command) => put(command, nowMs)));
				evict(nowMs);
				return replies;
			}),

		acquireLeases: async (refs, ttlMs) =>
			attempt(() =>
				refs.map(
					(ref) =>
						leases.acquire(
							Buffer.from(ref.key, 'hex'),
							{ token: ref.token, ttlMs },
							clock.nowMs(),
						) === 'acquired',
				),
			),
		extendLeases: async (refs, ttlMs) => attempt(() => leases.extend(refs, clock.nowMs() + ttlMs)),
		releaseLeases: async (refs, markMs) =>
			attempt(() => leases.release(refs, clock.nowMs() + markMs)),
		invalidate: async (namespace, target) =>
			attempt(() => inTransaction(db, () => invalidate(namespace, target))),
		count: async (namespace, counts) =>
			attempt(() => stats.count(namespace, counts, clock.nowMs())),
		inspect: async () => attempt(() => stats.inspect()),
		entries: (namespace) => walkEntries(db, namespaces, () => clock.nowMs(), namespace),
	};
}
