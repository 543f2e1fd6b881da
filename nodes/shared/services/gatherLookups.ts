import type { CacheStore, LookupQuery, LookupReply } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';

interface Waiting {
	queries: LookupQuery[];
	answer(reply: LookupReply): void;
	fail(error: unknown): void;
}

const known = new WeakMap<GuardedStore, GuardedStore>();
const gathering = new WeakMap<CacheStore, CacheStore>();

/**
 * The same store, which sends the lookups of one turn of the event loop together. For an endpoint: requests that come
 * at the same moment are one round trip, and each is still answered by itself. By namespace, since that is what shares
 * a server: another's trouble is not theirs.
 */
export function gatherLookups(store: GuardedStore): GuardedStore {
	let same = known.get(store);
	if (!same) {
		same = {
			...store,
			run: (work, timeoutMs) => store.run((live) => work(gathered(live)), timeoutMs),
		};
		known.set(store, same);
	}
	return same;
}

function gathered(live: CacheStore): CacheStore {
	const before = gathering.get(live);
	if (before) return before;
	let waiting = new Map<string, Waiting[]>();
	const flush = async (asked: Waiting[]): Promise<void> => {
		try {
			const all = await live.lookup(asked.flatMap(({ queries }) => queries));
			let from = 0;
			for (const { queries, answer } of asked) {
				const rows = all.rows.slice(from, (from += queries.length));
				answer({ nowMs: all.nowMs, epochs: all.epochs, rows });
			}
		} catch (error) {
			for (const { fail } of asked) fail(error);
		}
	};
	const flushAll = (): void => {
		const spaces = waiting;
		waiting = new Map();
		for (const asked of spaces.values()) void flush(asked);
	};
	const one: CacheStore = {
		...live,
		lookup: (queries) =>
			new Promise((answer, fail) => {
				if (waiting.size === 0) setImmediate(flushAll);
				const namespace = queries[0]?.namespace ?? '';
				const together = waiting.get(namespace);
				if (together) together.push({ queries, answer, fail });
				else waiting.set(namespace, [{ queries, answer, fail }]);
			}),
	};
	gathering.set(live, one);
	return one;
}
