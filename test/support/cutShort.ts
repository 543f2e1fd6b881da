/** A process whose file is cut short in place while it is open, as a restore by `cp` does it. Prints what lookups then give. */
import { readFileSync, truncateSync } from 'node:fs';
import { decodeEntry } from '../../nodes/shared/core/entry/envelope';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { storedByRun, textOfRun } from './storedByRun';

const { path } = JSON.parse(readFileSync(0, 'utf8')) as { path: string };
const LEFT_BYTES = 100 * 4096;

async function work(): Promise<void> {
	const { db } = openDatabase(path, CACHE_SCHEMA, 0);
	const store = sqliteCacheStore(db, systemClock, { maxBytes: 1e9, maxEntries: 1e6 });
	const commands = Array.from({ length: 3_000 }, (_, index) => storedByRun(1, index));
	await store.store(commands);
	db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
	await store.lookup(commands.slice(0, 5));
	truncateSync(path, LEFT_BYTES);
	const seen = { found: 0, wrong: 0, unavailable: 0 };
	for (const [index, command] of commands.entries()) {
		try {
			const row = (await store.lookup([command])).rows[0]!;
			if (!row.found) continue;
			seen.found += 1;
			if (decodeEntry(row.packed, []).response !== textOfRun(1, index)) seen.wrong += 1;
		} catch (error) {
			if (!(error instanceof StoreUnavailable)) throw error;
			seen.unavailable += 1;
		}
	}
	process.stdout.write(JSON.stringify(seen));
}

void work();
