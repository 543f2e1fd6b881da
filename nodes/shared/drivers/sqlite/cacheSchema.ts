/**
 * Tables of the embedded cache.
 * cache_entries: one packed answer a key and namespace · cache_tags: stores and last invalidation a tag · cache_prefixes:
 * invalidated key versions · cache_leases: who computes a missing answer (token '' marks one that was given up) ·
 * cache_ended: keys that were invalidated, with the count of that: an answer asked for before is refused for a while ·
 * cache_near: components of the last request with the same user text, the oldest with the lowest rowid ·
 * cache_stats: counters · cache_totals: kept by triggers, for the limits.
 * Times are milliseconds since 1970.
 */
export const CACHE_SCHEMA = `
CREATE TABLE IF NOT EXISTS cache_namespaces (
	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL DEFAULT 0,
	before_ms INTEGER NOT NULL DEFAULT 0, before_epoch INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS cache_entries (
	key BLOB NOT NULL, ns INTEGER NOT NULL, stored_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
	used_at INTEGER NOT NULL, epoch INTEGER NOT NULL, size INTEGER NOT NULL, key_version TEXT NOT NULL, tags TEXT NOT NULL,
	packed BLOB NOT NULL, PRIMARY KEY (key, ns)
);
CREATE INDEX IF NOT EXISTS cache_entries_used ON cache_entries (used_at);
CREATE INDEX IF NOT EXISTS cache_entries_expiry ON cache_entries (expires_at);
CREATE TABLE IF NOT EXISTS cache_tags (
	ns INTEGER NOT NULL, tag TEXT NOT NULL, stored INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (ns, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache_prefixes (
	ns INTEGER NOT NULL, prefix TEXT NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY (ns, prefix)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache_leases (key BLOB NOT NULL PRIMARY KEY, token TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache_ended (
	key BLOB NOT NULL, ns INTEGER NOT NULL, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (key, ns)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cache_ended_expiry ON cache_ended (expires_at);
CREATE TABLE IF NOT EXISTS cache_near (
	ns INTEGER NOT NULL, user_hash BLOB NOT NULL, components TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (ns, user_hash)
);
CREATE TABLE IF NOT EXISTS cache_stats (
	ns INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (ns, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache_totals (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT OR IGNORE INTO cache_totals VALUES (1, 0, 0);
CREATE TRIGGER IF NOT EXISTS cache_entry_added AFTER INSERT ON cache_entries
	BEGIN UPDATE cache_totals SET entries = entries + 1, bytes = bytes + new.size; END;
CREATE TRIGGER IF NOT EXISTS cache_entry_changed AFTER UPDATE OF size ON cache_entries
	BEGIN UPDATE cache_totals SET bytes = bytes + new.size - old.size; END;
CREATE TRIGGER IF NOT EXISTS cache_entry_removed AFTER DELETE ON cache_entries
	BEGIN UPDATE cache_totals SET entries = entries - 1, bytes = bytes - old.size; END;
`;
