/**
 * Tables of the embedded cache.
 * entries: one packed answer a key · tags: stores and last invalidation a tag · prefixes: invalidated key versions ·
 * leases: who computes a missing answer (token '' marks one that was given up) · near: components of the last request
 * with the same user text · stats: counters · totals: kept by triggers, for the limits.
 * Times are milliseconds since 1970.
 */
export const CACHE_SCHEMA = `
CREATE TABLE IF NOT EXISTS namespaces (
	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL DEFAULT 0, before_ms INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entries (
	key BLOB NOT NULL PRIMARY KEY, ns INTEGER NOT NULL, stored_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
	used_at INTEGER NOT NULL, epoch INTEGER NOT NULL, size INTEGER NOT NULL, key_version TEXT NOT NULL, tags TEXT NOT NULL,
	packed BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_used ON entries (used_at);
CREATE INDEX IF NOT EXISTS entries_expiry ON entries (expires_at);
CREATE TABLE IF NOT EXISTS tags (
	ns INTEGER NOT NULL, tag TEXT NOT NULL, stored INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (ns, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS prefixes (
	ns INTEGER NOT NULL, prefix TEXT NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY (ns, prefix)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (key BLOB NOT NULL PRIMARY KEY, token TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS near (
	ns INTEGER NOT NULL, user_hash TEXT NOT NULL, components TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (ns, user_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stats (
	ns INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (ns, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT OR IGNORE INTO totals VALUES (1, 0, 0);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entries
	BEGIN UPDATE totals SET entries = entries + 1, bytes = bytes + new.size; END;
CREATE TRIGGER IF NOT EXISTS entry_changed AFTER UPDATE OF size ON entries
	BEGIN UPDATE totals SET bytes = bytes + new.size - old.size; END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entries
	BEGIN UPDATE totals SET entries = entries - 1, bytes = bytes - old.size; END;
`;
