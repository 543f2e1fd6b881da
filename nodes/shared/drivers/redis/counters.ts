import type { StatName } from '../../ports/CacheStore';
import type { RedisClient } from './connect';
import type { NamespaceKeys } from './keys';

/** A hit must not cost a second command: counts are gathered, and written at most this often. */
const WRITE_EVERY_MS = 1_000;

/** Counters of the namespaces, gathered in memory between two writes; what is not written yet dies with the process. */
export function createCounters(client: RedisClient, keysOf: (namespace: string) => NamespaceKeys) {
	const pending = new Map<string, Map<StatName, number>>();
	let timer: NodeJS.Timeout | undefined;

	async function write(): Promise<void> {
		timer = undefined;
		const spaces = [...pending];
		pending.clear();
		await Promise.all(
			spaces.flatMap(([namespace, counts]) =>
				[...counts].map(([stat, by]) => client.hincrby(keysOf(namespace).stats, stat, by)),
			),
		);
	}

	return {
		add(namespace: string, counts: Partial<Record<StatName, number>>): void {
			const sums = pending.get(namespace) ?? new Map<StatName, number>();
			pending.set(namespace, sums);
			for (const [stat, by] of Object.entries(counts) as Array<[StatName, number]>) {
				sums.set(stat, (sums.get(stat) ?? 0) + by);
			}
			// Counters are a by-product: their loss is no failure.
			timer ??= setTimeout(() => void write().catch(() => undefined), WRITE_EVERY_MS).unref();
		},
		/** What was gathered here and is not written yet. */
		gathered: (namespace: string, stat: StatName): number => pending.get(namespace)?.get(stat) ?? 0,
	};
}
