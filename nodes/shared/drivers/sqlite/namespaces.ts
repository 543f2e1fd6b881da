import type { DatabaseSync } from 'node:sqlite';
import type { Invalidations } from '../../core/freshness/invalidation';

/** A namespace with its invalidations, as of the epoch read last. */
export interface NamespaceState extends Invalidations {
	id: number;
	epoch: number;
}

/**
 * Namespaces and what was invalidated in them. One short read tells whether another process
 * invalidated something since; only then are the invalidations read again.
 */
export function createNamespaces(db: DatabaseSync) {
	const insert = db.prepare('INSERT OR IGNORE INTO namespaces (name) VALUES (?)');
	const select = db.prepare('SELECT id, epoch, before_ms FROM namespaces WHERE name = ?');
	const selectTags = db.prepare('SELECT tag, epoch FROM tags WHERE ns = ? AND epoch > 0');
	const selectPrefixes = db.prepare('SELECT prefix, epoch FROM prefixes WHERE ns = ?');
	const bump = db.prepare('UPDATE namespaces SET epoch = epoch + 1 WHERE id = ? RETURNING epoch');
	const known = new Map<string, NamespaceState>();

	function read(name: string): NamespaceState {
		let row = select.get(name);
		if (!row) {
			insert.run(name);
			row = select.get(name);
		}
		const id = Number(row?.id);
		const epoch = Number(row?.epoch);
		const seen = known.get(name);
		if (seen && seen.id === id && seen.epoch === epoch) return seen;
		const state: NamespaceState = {
			id,
			epoch,
			beforeMs: Number(row?.before_ms),
			tags: new Map(selectTags.all(id).map((tag) => [String(tag.tag), Number(tag.epoch)])),
			prefixes: selectPrefixes
				.all(id)
				.map(({ prefix, epoch: at }) => ({ prefix: String(prefix), epoch: Number(at) })),
		};
		known.set(name, state);
		return state;
	}

	return {
		read,
		/** Counts one invalidation; returns the new count. Call inside a transaction. */
		bump: (id: number): number => Number(bump.get(id)?.epoch),
	};
}
