import type { DatabaseSync } from 'node:sqlite';
import type { StatName } from '../../ports/CacheStore';
import type { createNamespaces } from './namespaces';

/** Counters of the namespaces, gathered in memory between two writes. */
export function createStats(db: DatabaseSync, namespaces: ReturnType<typeof createNamespaces>) {
	const add = db.prepare(
		'INSERT INTO cache_stats (ns, name, value) VALUES (?, ?, ?) ON CONFLICT (ns, name) DO UPDATE SET value = value + excluded.value',
	);
	const select = db.prepare('SELECT value FROM cache_stats WHERE ns = ? AND name = ?');
	const pending = new Map<string, Map<StatName, number>>();

	return {
		count(namespace: string, counts: Partial<Record<StatName, number>>): void {
			const sums = pending.get(namespace) ?? new Map<StatName, number>();
			pending.set(namespace, sums);
			for (const [name, value] of Object.entries(counts) as Array<[StatName, number]>) {
				sums.set(name, (sums.get(name) ?? 0) + value);
			}
		},

		/** Writes what was gathered; call inside a transaction, and `written` when it is through. */
		write(): void {
			for (const [namespace, counts] of pending) {
				const { id } = namespaces.ensure(namespace);
				for (const [name, value] of counts) add.run(id, name, value);
			}
		},
		written: () => pending.clear(),

		/** What was counted, here and by other processes. */
		of(id: number, namespace: string, stat: StatName): number {
			const written = Number(select.get(id, stat)?.value ?? 0);
			return written + (pending.get(namespace)?.get(stat) ?? 0);
		},
	};
}
