import type { DatabaseSync } from 'node:sqlite';
import { isInvalidated } from '../../core/freshness/invalidation';
import type { NamespaceStats, StatName } from '../../ports/CacheStore';
import { attempt } from './attempt';
import type { createNamespaces } from './namespaces';
import type { createStats } from './stats';

const PAGE = 2_000;

/** Counts the entries that may still be served, a page at a time, so that other work goes on in between. */
export async function inspectNamespaces(
	db: DatabaseSync,
	namespaces: ReturnType<typeof createNamespaces>,
	stats: ReturnType<typeof createStats>,
	nowMs: number,
): Promise<NamespaceStats[]> {
	const spaces = new Map<number, NamespaceStats>();
	const list = db.prepare('SELECT id, name FROM cache_namespaces ORDER BY name');
	for (const { id, name } of attempt(() => list.all(), db)) {
		const of = (stat: StatName) => stats.of(Number(id), String(name), stat);
		spaces.set(Number(id), {
			namespace: String(name),
			entries: 0,
			bytes: 0,
			hits: of('hits'),
			misses: of('misses'),
			stale: of('stale'),
			stores: of('stores'),
			evictions: of('evictions'),
			corrupt: of('corrupt'),
			oldestStoredAtMs: null,
		});
	}
	const page = db.prepare(
		`SELECT rowid, ns, size, stored_at, expires_at, epoch, key_version, tags FROM cache_entries
		WHERE rowid > ? ORDER BY rowid LIMIT ?`,
	);
	for (let after = 0; ;) {
		const rows = attempt(() => page.all(after, PAGE), db);
		for (const row of rows) {
			after = Number(row.rowid);
			const space = spaces.get(Number(row.ns));
			const storedAtMs = Number(row.stored_at);
			if (!space || Number(row.expires_at) <= nowMs) continue;
			const tags = row.tags === '' ? [] : String(row.tags).split('\n');
			const entry = {
				storedAtMs,
				epoch: Number(row.epoch),
				tags,
				keyVersion: String(row.key_version),
			};
			if (isInvalidated(entry, namespaces.find(space.namespace))) continue;
			space.entries += 1;
			space.bytes += Number(row.size);
			space.oldestStoredAtMs = Math.min(space.oldestStoredAtMs ?? Infinity, storedAtMs);
		}
		if (rows.length < PAGE) return [...spaces.values()];
		await new Promise(setImmediate);
	}
}
