import type { CacheStore, StatName } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';

type Counts = Partial<Record<StatName, number>>;

const FLUSH_MS = 1_000;
const COUNT_TIMEOUT_MS = 1_000;

/**
 * A store whose counters are written together, once a second, instead of with each lookup: for callers
 * that look up thousands of times a second. Counts of the last second are lost with the process.
 */
export function countLater(store: GuardedStore): GuardedStore {
	const live = new WeakMap<CacheStore, CacheStore>();
	let sums = new Map<string, Counts>();
	let timer: NodeJS.Timeout | undefined;

	const flush = (): void => {
		timer = undefined;
		const all = [...sums];
		sums = new Map();
		store
			.run(
				(target) => Promise.all(all.map(([namespace, counts]) => target.count(namespace, counts))),
				COUNT_TIMEOUT_MS,
			)
			.catch(() => undefined);
	};
	const count = async (namespace: string, counts: Counts): Promise<void> => {
		const sum = sums.get(namespace) ?? {};
		sums.set(namespace, sum);
		for (const [name, value] of Object.entries(counts) as Array<[StatName, number]>) {
			sum[name] = (sum[name] ?? 0) + value;
		}
		timer ??= setTimeout(flush, FLUSH_MS).unref();
	};
	const counting = (target: CacheStore): CacheStore => {
		const known = live.get(target);
		if (known) return known;
		const made = Object.assign(Object.create(target) as CacheStore, { count });
		live.set(target, made);
		return made;
	};

	return {
		backend: store.backend,
		count: (namespace, counts) => void count(namespace, counts),
		run: (work, timeoutMs) => store.run((target) => work(counting(target)), timeoutMs),
	};
}
