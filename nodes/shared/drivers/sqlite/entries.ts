import type { DatabaseSync } from 'node:sqlite';
import { notAPosition } from '../../core/errors';
import { isInvalidated } from '../../core/freshness/invalidation';
import type { ExportedEntry } from '../../ports/CacheStore';
import { attempt } from './attempt';
import type { createNamespaces } from './namespaces';

const PAGE = 500;

/** Walks entries that may still be served, in the order of their keys, a page at a time, so that other work goes on in between. */
export async function* walkEntries(
	db: DatabaseSync,
	namespaces: ReturnType<typeof createNamespaces>,
	nowMs: () => number,
	namespace?: string,
	from?: string,
): AsyncGenerator<ExportedEntry> {
	const page = db.prepare(
		`SELECT e.key, e.ns, n.name, e.stored_at, e.expires_at, e.epoch, e.tags, e.key_version, e.packed
		FROM cache_entries e JOIN cache_namespaces n ON n.id = e.ns
		WHERE (e.key, e.ns) > (?, ?) AND e.expires_at > ? AND (? IS NULL OR n.name = ?) ORDER BY e.key, e.ns LIMIT ?`,
	);
	let [after, afterSpace] = from === undefined ? [Buffer.alloc(0), 0] : justBefore(from);
	for (;;) {
		const readAtMs = nowMs();
		const rows = attempt(
			() => page.all(after, afterSpace, readAtMs, namespace ?? null, namespace ?? null, PAGE),
			db,
		);
		for (const row of rows) {
			after = Buffer.from(row.key as Uint8Array);
			afterSpace = Number(row.ns);
			const storedAtMs = Number(row.stored_at);
			const entry = {
				namespace: String(row.name),
				key: after.toString('hex'),
				position: `${after.toString('hex')}:${afterSpace}`,
				storedAtMs,
				ageMs: Math.max(0, readAtMs - storedAtMs),
				keepMs: Number(row.expires_at) - storedAtMs,
				epoch: Number(row.epoch),
				tags: row.tags === '' ? [] : String(row.tags).split('\n'),
				keyVersion: String(row.key_version),
				packed: Buffer.from(row.packed as Uint8Array),
			};
			if (!isInvalidated(entry, namespaces.find(entry.namespace))) yield entry;
		}
		if (rows.length < PAGE) return;
		await new Promise(setImmediate);
	}
}

function justBefore(position: string): [Buffer, number] {
	const [, key = '', space] = /^([0-9a-f]{64}):(\d+)$/.exec(position) ?? [];
	if (space === undefined) throw notAPosition(position);
	return [Buffer.from(key, 'hex'), Number(space) - 1];
}
