import type { DatabaseSync } from 'node:sqlite';
import { KEY_ENDED_FOR_MS, NAMESPACE_TAG } from '../../core/freshness/invalidation';
import type { InvalidationTarget } from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import type { createNamespaces } from './namespaces';

/** Invalidation: a counter is raised, whatever the number of entries; only a single key is deleted. Runs in a transaction. */
export function createInvalidate(
	db: DatabaseSync,
	namespaces: ReturnType<typeof createNamespaces>,
	clock: Clock,
) {
	const removeKey = db.prepare('DELETE FROM cache_entries WHERE key = ? AND ns = ?');
	const markKey = db.prepare(
		'INSERT OR REPLACE INTO cache_ended (key, ns, epoch, expires_at) VALUES (?, ?, ?, ?)',
	);
	const takeCount = db.prepare('SELECT stored FROM cache_tags WHERE ns = ? AND tag = ?');
	const markTag = db.prepare(
		`INSERT INTO cache_tags (ns, tag, stored, epoch) VALUES (?, ?, 0, ?)
		ON CONFLICT (ns, tag) DO UPDATE SET stored = 0, epoch = excluded.epoch`,
	);
	const markBefore = db.prepare(
		'UPDATE cache_namespaces SET before_ms = max(before_ms, ?), before_epoch = ? WHERE id = ?',
	);
	const countBefore = db.prepare(
		'SELECT count(*) AS n FROM cache_entries WHERE ns = ? AND stored_at < ?',
	);
	const markPrefix = db.prepare(
		'INSERT OR REPLACE INTO cache_prefixes (ns, prefix, epoch) VALUES (?, ?, ?)',
	);
	const countPrefix = db.prepare(
		'SELECT count(*) AS n FROM cache_entries WHERE ns = ? AND substr(key_version, 1, length(?)) = ?',
	);

	return (namespace: string, target: InvalidationTarget): { invalidated: number } => {
		const { id } = namespaces.ensure(namespace);
		const epoch = namespaces.bump(id);
		if (target.by === 'key') {
			const key = Buffer.from(target.key, 'hex');
			markKey.run(key, id, epoch, clock.nowMs() + KEY_ENDED_FOR_MS);
			return { invalidated: Number(removeKey.run(key, id).changes) };
		}
		if (target.by === 'age') {
			const beforeMs = clock.nowMs() - target.olderThanMs;
			const { n } = countBefore.get(id, beforeMs) ?? {};
			markBefore.run(beforeMs, epoch, id);
			return { invalidated: Number(n) };
		}
		if (target.by === 'keyVersionPrefix') {
			const { n } = countPrefix.get(id, target.prefix, target.prefix) ?? {};
			markPrefix.run(id, target.prefix, epoch);
			return { invalidated: Number(n) };
		}
		const tag = target.by === 'namespace' ? NAMESPACE_TAG : target.tag;
		const stored = Number(takeCount.get(id, tag)?.stored ?? 0);
		markTag.run(id, tag, epoch);
		return { invalidated: stored };
	};
}
