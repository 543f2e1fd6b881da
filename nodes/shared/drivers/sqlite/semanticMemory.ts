import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../ports/Clock';
import { MAX_OBSERVATIONS, type SemanticMemory } from '../../ports/SemanticMemory';
import { attempt } from './attempt';
import { inTransaction } from './transaction';

/** different_pairs: pairs of prompts that must not share an answer · observations: what `verified` and `shadow` saw. */
export const MEMORY_SCHEMA = `
CREATE TABLE IF NOT EXISTS different_pairs (
	ns TEXT NOT NULL, pair TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (ns, pair)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS observations (
	id INTEGER PRIMARY KEY, ns TEXT NOT NULL, subject TEXT NOT NULL, similarity REAL NOT NULL, same INTEGER NOT NULL,
	guarded INTEGER NOT NULL,	expires_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS observations_subject ON observations (ns, subject, id);
`;

/** Semantic memory in the cache's SQLite file. */
export function sqliteSemanticMemory(db: DatabaseSync, clock: Clock): SemanticMemory {
	const addPair = db.prepare('INSERT OR REPLACE INTO different_pairs VALUES (?, ?, ?)');
	const findPair = db.prepare(
		'SELECT 1 FROM different_pairs WHERE ns = ? AND pair = ? AND expires_at > ?',
	);
	const purgePairs = db.prepare('DELETE FROM different_pairs WHERE expires_at <= ?');
	const add = db.prepare(
		'INSERT INTO observations (ns, subject, similarity, same, guarded, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
	);
	const list = db.prepare(
		'SELECT similarity, same, guarded FROM observations WHERE ns = ? AND subject = ? AND expires_at > ? ORDER BY id',
	);
	const trim = db.prepare(
		`DELETE FROM observations WHERE expires_at <= ? OR id IN (
			SELECT id FROM observations WHERE ns = ? AND subject = ? ORDER BY id DESC LIMIT -1 OFFSET ${MAX_OBSERVATIONS}
		)`,
	);

	const write = (work: () => void): void => attempt(() => inTransaction(db, work), db);

	return {
		rememberDifferent: async (namespace, pairs, keepMs) =>
			write(() => {
				purgePairs.run(clock.nowMs());
				for (const pair of pairs) addPair.run(namespace, pair, clock.nowMs() + keepMs);
			}),
		areDifferent: async (namespace, pairs) =>
			attempt(
				() => pairs.map((pair) => findPair.get(namespace, pair, clock.nowMs()) !== undefined),
				db,
			),
		observe: async (namespace, subject, { similarity, same, guarded }, keepMs) =>
			write(() => {
				const nowMs = clock.nowMs();
				add.run(namespace, subject, similarity, same ? 1 : 0, guarded ? 1 : 0, nowMs + keepMs);
				trim.run(nowMs, namespace, subject);
			}),
		observations: async (namespace, subject) =>
			attempt(
				() =>
					list.all(namespace, subject, clock.nowMs()).map((row) => ({
						similarity: Number(row.similarity),
						same: row.same === 1,
						guarded: row.guarded === 1,
					})),
				db,
			),
	};
}
