import type { LeaseRef } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';

/** How long a lease lives without a sign of life: a dead leader is replaced after this. */
export const LEASE_TTL_MS = 6_000;
const BEAT_MS = 2_000;
const BEAT_TIMEOUT_MS = 1_000;
const MAX_LEASES = 10_000;

export interface LeaseKeeper {
	/** Prolongs a lease until the given time (of `clock.elapsedMs`), or until it is dropped or this process dies. */
	keep(ref: LeaseRef, untilMs: number): void;
	drop(token: string): void;
	close(): void;
}

/** Keeps this process's leases alive while answers are being computed. */
export function createLeaseKeeper(store: GuardedStore, clock: Clock): LeaseKeeper {
	const held = new Map<string, { ref: LeaseRef; untilMs: number }>();
	let timer: NodeJS.Timeout | undefined;

	const stopWhenIdle = (): void => {
		if (held.size > 0) return;
		clearInterval(timer);
		timer = undefined;
	};

	async function beat(): Promise<void> {
		const nowMs = clock.elapsedMs();
		for (const [token, { untilMs }] of held) if (untilMs <= nowMs) held.delete(token);
		stopWhenIdle();
		const refs = [...held.values()].map(({ ref }) => ref);
		if (refs.length === 0) return;
		// A missed beat only shortens the lease: the worst is a second call to the provider.
		await store
			.run((live) => live.extendLeases(refs, LEASE_TTL_MS), BEAT_TIMEOUT_MS)
			.catch(() => undefined);
	}

	return {
		keep(ref, untilMs) {
			if (held.size >= MAX_LEASES) return;
			held.set(ref.token, { ref, untilMs });
			timer ??= setInterval(() => void beat(), BEAT_MS).unref();
		},
		drop(token) {
			held.delete(token);
			stopWhenIdle();
		},
		close() {
			held.clear();
			stopWhenIdle();
		},
	};
}
