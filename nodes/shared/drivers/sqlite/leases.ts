import type { DatabaseSync } from 'node:sqlite';
import type { LeaseRef } from '../../ports/CacheStore';

/** A lease with this token was given up without an answer. */
const RELEASED = '';

/** Leases on missing answers; each statement is atomic. */
export function createLeases(db: DatabaseSync) {
	const take = db.prepare(
		`INSERT INTO leases (key, token, expires_at) VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
		WHERE leases.expires_at <= ? OR leases.token = excluded.token RETURNING token`,
	);
	const holder = db.prepare('SELECT token FROM leases WHERE key = ?');
	const remove = db.prepare('DELETE FROM leases WHERE key = ? AND token = ?');
	const prolong = db.prepare('UPDATE leases SET expires_at = ? WHERE key = ? AND token = ?');
	const giveUp = db.prepare(
		'UPDATE leases SET token = ?, expires_at = ? WHERE key = ? AND token = ?',
	);

	return {
		acquire(
			key: Buffer,
			{ token, ttlMs }: { token: string; ttlMs: number },
			nowMs: number,
		): 'acquired' | 'held' | 'released' {
			if (take.get(key, token, nowMs + ttlMs, nowMs)) return 'acquired';
			return holder.get(key)?.token === RELEASED ? 'released' : 'held';
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
