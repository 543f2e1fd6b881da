import type { DatabaseSync } from 'node:sqlite';
import type { NamespaceStats, StatName } from '../../ports/CacheStore';
import type { createNamespaces } from './namespaces';

/** Counters are gathered in memory and written at most this often: a hit must not cost a write. */
const FLUSH_EVERY_MS = 1_000;

/** Counters a namespace, and what `inspect` shows. */
export function createStats(db: DatabaseSync, namespaces: ReturnType<typeof createNamespaces>) {
	const add = db.prepare(
		'INSERT INTO stats (ns, name, value) VALUES (?, ?, ?) ON CONFLICT (ns, name) DO UPDATE SET value = value + excluded.value',
	);
	const pending = new Map<string, Map<StatName, number>>();
	let flushedAtMs = 0;

	function flush(): void {
		for (const [namespace, counts] of pending) {
			const { id } = namespaces.read(namespace);
			for (const [name, value] of counts) add.run(id, name, value);
		}
		pending.clear();
	}

	return {
		count(namespace: string, counts: Partial<Record<StatName, number>>, nowMs: number): void {
			const sums = pending.get(namespace) ?? new Map<StatName, number>();
			pending.set(namespace, sums);
			for (const [name, value] of Object.entries(counts) as Array<[StatName, number]>) {
				sums.set(name, (sums.get(name) ?? 0) + value);
			}
			if (Math.abs(nowMs - flushedAtMs) < FLUSH_EVERY_MS) return;
			flushedAtMs = nowMs;
			flush();
		},

		inspect(): NamespaceStats[] {
			flush();
			const rows = db
				.prepare(
					`SELECT n.id, n.name, count(e.key) AS entries, coalesce(sum(e.size), 0) AS bytes, min(e.stored_at) AS oldest
					FROM namespaces n LEFT JOIN entries e ON e.ns = n.id GROUP BY n.id ORDER BY n.name`,
				)
				.all();
			const counters = db.prepare('SELECT name, value FROM stats WHERE ns = ?');
			return rows.map(({ id, name, entries, bytes, oldest }) => {
				const counts = new Map(
					counters.all(id ?? null).map((row) => [String(row.name), Number(row.value)]),
				);
				const of = (stat: StatName) => counts.get(stat) ?? 0;
				return {
					namespace: String(name),
					entries: Number(entries),
					bytes: Number(bytes),
					hits: of('hits'),
					misses: of('misses'),
					stale: of('stale'),
					stores: of('stores'),
					evictions: of('evictions'),
					corrupt: of('corrupt'),
					oldestStoredAtMs: oldest === null ? null : Number(oldest),
				};
			});
		},
	};
}
