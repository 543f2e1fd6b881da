/**
 * A process that stores entries one after another, and tells each one that was stored, until it is killed.
 * Arguments: SQLite file, number of the run.
 */
import { writeSync } from 'node:fs';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { storedByRun } from './storedByRun';

const [path = '', run = ''] = process.argv.slice(2);
const { db } = openDatabase(path, CACHE_SCHEMA, 0);
const store = sqliteCacheStore(db, systemClock, { maxBytes: 1e9, maxEntries: 1e6 });

async function storeForEver(): Promise<void> {
	for (let index = 0; ; index++) {
		const [reply] = await store.store([storedByRun(Number(run), index)]);
		if (reply?.stored) writeSync(1, `${index}\n`);
	}
}

void storeForEver();
