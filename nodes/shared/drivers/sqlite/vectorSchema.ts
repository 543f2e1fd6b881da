/**
 * vectors: one row a prompt of the semantic index; `seq` only grows, so that a process reads what is new.
 * vector: little-endian float32. The key of a prompt is the key of its entry.
 */
export const VECTOR_SCHEMA = `
CREATE TABLE IF NOT EXISTS vectors (
	seq INTEGER PRIMARY KEY AUTOINCREMENT, part BLOB NOT NULL, key BLOB NOT NULL, prompt TEXT NOT NULL,
	vector BLOB NOT NULL, expires_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS vectors_key ON vectors (part, key);
CREATE INDEX IF NOT EXISTS vectors_seq ON vectors (part, seq);
CREATE INDEX IF NOT EXISTS vectors_expiry ON vectors (expires_at);
`;
