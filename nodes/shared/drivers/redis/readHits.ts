import type { Clock } from '../../ports/Clock';
import type { RedisClient } from './connect';
import { frontOrEmpty, type EntryFront } from './entryFront';
import { createInvalidations } from './invalidations';
import type { NamespaceKeys } from './keys';

/** How long the server's clock is told by this process's monotonic one before the server is asked again. */
const TIME_HOLDS_MS = 10_000;
/** A busy process reads an answer late: the time in it is of the past by then. */
const LONGEST_ASKING_MS = 200;
const MOST_NAMESPACES = 1_000;
/** The monotonic clock stands still while the host is suspended, the wall clock does not: beyond this, neither tells. */
const CLOCKS_DIFFER_MS = 100;

interface ServerTime {
	/** Server time less this process's. */
	offsetMs: number;
	/** Wall clock less monotonic clock when it was told. */
	wallMs: number;
	untilMs: number;
}

export interface ReadHits {
	/** The server's clock. */
	nowMs: number;
	epoch: number;
	/** In the order of the keys; undefined where the entry is absent or invalidated. */
	rows: Array<EntryFront | undefined>;
}

/**
 * Reads entries with MGET alone: half the time of a script, and most lookups are hits. The namespace's
 * invalidation count is read in the same command; entries older than the last invalidation are judged from what
 * is remembered of it.
 */
export function createHitReader(client: RedisClient, clock: Clock) {
	const invalidations = createInvalidations(client);
	/** By namespace, since its slot's server is the one whose clock counts. */
	const offsets = new Map<string, ServerTime>();
	const wallMs = () => clock.nowMs() - clock.elapsedMs();
	const holds = (time: ServerTime) =>
		clock.elapsedMs() <= time.untilMs && Math.abs(wallMs() - time.wallMs) <= CLOCKS_DIFFER_MS;
	client.on('ready', () => {
		invalidations.forget();
		offsets.clear();
	});

	return {
		/** Remembers the server's time as a script told it, if the answer was read soon after the asking. */
		tell(keys: NamespaceKeys, nowMs: number, askedAtMs: number): void {
			const elapsedMs = clock.elapsedMs();
			if (elapsedMs - askedAtMs > LONGEST_ASKING_MS) return;
			if (offsets.size >= MOST_NAMESPACES) offsets.clear();
			offsets.set(keys.id, {
				offsetMs: nowMs - elapsedMs,
				wallMs: wallMs(),
				untilMs: elapsedMs + TIME_HOLDS_MS,
			});
		},

		/** Undefined where the scripts must be asked: the server's time or the namespace's count is not known. */
		async read(keys: NamespaceKeys, entryKeys: readonly string[]): Promise<ReadHits | undefined> {
			const time = offsets.get(keys.id);
			if (!time || !holds(time)) return undefined;
			const names = entryKeys.map((key) => keys.entry(key));
			const [count, ...values] = await client.mgetBuffer(keys.epoch, ...names);
			if (!count) return undefined;
			const epoch = Number(count);
			const older: EntryFront[] = [];
			const rows = values.map((value): EntryFront | undefined => {
				if (!value) return undefined;
				const front = frontOrEmpty(value);
				if (front.epoch < epoch) older.push(front);
				return front;
			});
			if (older.length > 0) {
				const gone = await invalidations.among(keys, epoch, older);
				rows.forEach((front, at) => {
					if (front && gone.has(front)) rows[at] = undefined;
				});
			}
			return { nowMs: Math.floor(clock.elapsedMs() + time.offsetMs), epoch, rows };
		},
	};
}
