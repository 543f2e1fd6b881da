import type { DatabaseSync } from 'node:sqlite';
import type { Invalidations } from '../../core/freshness/invalidation';

/** A namespace with its invalidations, as of the epoch read last. */
export interface NamespaceState extends Invalidations {
	id: number;
	epoch: number;
}

/** A namespace in which nothing was ever stored or invalidated. */
const NONE: NamespaceState = {
	id: 0,
	epoch: 0,
	beforeMs: 0,
	beforeEpoch: 0,
	tags: new Map(),
	prefixes: [],
};

const MAX_KNOWN = 1_000;

/**
 * Namespaces and what was invalidated in them. One short read tells whether another process
 * invalidated something since; only then are the invalidations read again.
 */
export function createNamespaces(db: DatabaseSync) {
	const insert = db.prepare('INSERT OR IGNORE INTO cache_namespaces (name) VALUES (?)');
	const select = db.prepare(
		'SELECT id, epoch, before_ms, before_epoch FROM cache_namespaces WHERE name = ?',
	);
	const selectTags = db.prepare('SELECT tag, epoch FROM cache_tags WHERE ns = ? AND epoch > 0');
	const selectPrefixes = db.prepare('SELECT prefix, epoch FROM cache_prefixes WHERE ns = ?');
	const bump = db.prepare(
		'UPDATE cache_namespaces SET epoch = epoch + 1 WHERE id = ? RETURNING epoch',
	);
	const known = new Map<string, NamespaceState>();

	/** Reads only: a lookup must not depend on a write. */
	function find(name: string): NamespaceState {
		const row = select.get(name);
		if (!row) return NONE;
		const id = Number(row.id);
		const epoch = Number(row.epoch);
		const seen = known.get(name);
		if (seen && seen.id === id && seen.epoch === epoch) return seen;
		const state: NamespaceState = {
			id,
			epoch,
			beforeMs: Number(row.before_ms),
			beforeEpoch: Number(row.before_epoch),
			tags: new Map(selectTags.all(id).map((tag) => [String(tag.tag), Number(tag.epoch)])),
			prefixes: selectPrefixes
				.all(id)
				.map(({ prefix, epoch: at }) => ({ prefix: String(prefix), epoch: Number(at) })),
		};
		if (known.size >= MAX_KNOWN) known.clear();
		known.set(name, state);
		return state;
	}

	return {
		find,
		/** As it was when it was read last; ids never change, counts may have. */
		remembered: (name: string): NamespaceState | undefined => known.get(name),
		/** As `find`, after creating the namespace where it is new. */
		ensure(name: string): NamespaceState {
			const state = find(name);
			if (state !== NONE) return state;
			insert.run(name);
			return find(name);
		},
		/** Counts one invalidation; returns the new count. Call inside a transaction. */
		bump: (id: number): number => Number(bump.get(id)?.epoch),
	};
}
