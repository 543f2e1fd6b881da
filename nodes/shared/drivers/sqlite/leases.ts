import type { DatabaseSync } from 'node:sqlite';
import type { LeaseRef, LeaseState } from '../../ports/CacheStore';

/** A lease with this token was given up without an answer. */
const RELEASED = '';

/** A lease that ends later than it can was taken before the clock went back: its holder cannot be told from a dead one. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Leases on missing answers; each statement is atomic. */
export function createLeases(db: DatabaseSync) {
	const take = db.prepare(
		`INSERT INTO cache_leases (key, token, expires_at) VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
		WHERE cache_leases.expires_at NOT BETWEEN ? AND ? OR cache_leases.token = excluded.token RETURNING token`,
	);
	const holder = db.prepare('SELECT token, expires_at FROM cache_leases WHERE key = ?');
	const remove = db.prepare('DELETE FROM cache_leases WHERE key = ? AND token = ?');
	const prolong = db.prepare('UPDATE cache_leases SET expires_at = ? WHERE key = ? AND token = ?');
	const giveUp = db.prepare(
		'UPDATE cache_leases SET token = ?, expires_at = ? WHERE key = ? AND token = ?',
	);

	return {
		/** As `acquire` would answer where it would change nothing; undefined where it would give the lease. Only reads. */
		peek(
			key: Buffer,
			{ token, ttlMs }: { token: string; ttlMs: number },
			nowMs: number,
		): LeaseState | undefined {
			const before = holder.get(key);
			if (!before || before.token === token) return undefined;
			const endsMs = Number(before.expires_at);
			if (endsMs <= nowMs || endsMs > nowMs + ttlMs + CLOCK_TOLERANCE_MS) return undefined;
			return before.token === RELEASED ? 'released' : 'held';
		},
		/** Call inside a transaction. */
		acquire(
			key: Buffer,
			{ token, ttlMs }: { token: string; ttlMs: number },
			nowMs: number,
		): LeaseState {
			const untilMs = nowMs + ttlMs;
			const before = holder.get(key);
			if (take.get(key, token, untilMs, nowMs + 1, untilMs + CLOCK_TOLERANCE_MS)) {
				const another = before && before.token !== RELEASED && before.token !== token;
				return another && Number(before.expires_at) <= nowMs ? 'inherited' : 'acquired';
			}
			return before?.token === RELEASED ? 'released' : 'held';
		},
		drop(key: Buffer, token: string): void {
			remove.run(key, token);
		},
		extend(refs: LeaseRef[], untilMs: number): void {
			for (const { key, token } of refs) prolong.run(untilMs, Buffer.from(key, 'hex'), token);
		},
		release(refs: LeaseRef[], untilMs: number): void {
			for (const { key, token } of refs)
				giveUp.run(RELEASED, untilMs, Buffer.from(key, 'hex'), token);
		},
	};
}
