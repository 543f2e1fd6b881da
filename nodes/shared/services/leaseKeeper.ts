import type { CacheStore, LeaseRef } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import { createLeaseWitness, type LeaseWitness } from './leaseWitness';

/** How long a lease lives without a sign of life: a dead leader is replaced after this. */
export const LEASE_TTL_MS = 6_000;
const BEAT_MS = 2_000;
const BEAT_TIMEOUT_MS = 1_000;
const MAX_LEASES = 20_000;

export interface LeaseKeeper {
	/**
	 * Prolongs a lease until the given time (of `clock.elapsedMs`), or until it is ended or this process dies. At that
	 * time it is given up: a call that takes longer than anybody waits is no lost one.
	 */
	keep(ref: LeaseRef, untilMs: number): void;
	/** What this process hears of the backend. */
	witness: LeaseWitness;
	/** Tells of a lease that was taken over from a holder who gave no more sign of life; false where that one may live. */
	inherited(ref: LeaseRef): boolean;
	/** Runs what ends these leases; where it fails, they are given up as soon as the backend can be reached. */
	end<T>(refs: readonly LeaseRef[], work: () => Promise<T>): Promise<T>;
	close(): void;
}

/** Keeps this process's leases alive while answers are being computed. */
export function createLeaseKeeper(
	store: GuardedStore,
	clock: Clock,
	onInherited: (ref: LeaseRef) => void = () => undefined,
): LeaseKeeper {
	const held = new Map<string, { ref: LeaseRef; untilMs: number }>();
	const witness = createLeaseWitness(clock, LEASE_TTL_MS);
	let timer: NodeJS.Timeout | undefined;
	let closed = false;

	const stopWhenIdle = (): void => {
		if (held.size > 0) return;
		clearInterval(timer);
		timer = undefined;
	};

	const tell = (work: (live: CacheStore) => Promise<void>): Promise<boolean> =>
		store.run(work, BEAT_TIMEOUT_MS).then(
			() => true,
			() => {
				witness.heardNothing();
				return false;
			},
		);

	function keep(ref: LeaseRef, untilMs: number): void {
		if (closed || held.size >= MAX_LEASES) return;
		held.set(ref.token, { ref, untilMs });
		timer ??= setInterval(() => void beat(), BEAT_MS).unref();
	}

	async function beat(): Promise<void> {
		const nowMs = clock.elapsedMs();
		const over = [...held.values()].filter(({ untilMs }) => untilMs <= nowMs).map(({ ref }) => ref);
		for (const { token } of over) held.delete(token);
		stopWhenIdle();
		const refs = [...held.values()].map(({ ref }) => ref);
		// A missed beat only shortens the lease: the worst is a second call to the provider.
		if (refs.length > 0) await tell((live) => live.extendLeases(refs, LEASE_TTL_MS));
		const ended = over.length === 0 || (await tell((live) => live.releaseLeases(over, 0)));
		if (!ended) for (const ref of over) keep(ref, nowMs);
	}

	return {
		witness,
		inherited(ref) {
			const isDead = witness.canTell();
			if (isDead) onInherited(ref);
			return isDead;
		},
		keep,
		async end(refs, work) {
			for (const { token } of refs) held.delete(token);
			stopWhenIdle();
			try {
				return await work();
			} catch (error) {
				for (const ref of refs) keep(ref, clock.elapsedMs());
				throw error;
			}
		},
		close() {
			closed = true;
			held.clear();
			stopWhenIdle();
		},
	};
}
