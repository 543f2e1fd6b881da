/** A process that opens files one after the other, each at the same moment as other processes do. */
import { readFileSync } from 'node:fs';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';

export interface OpenerTask {
	paths: string[];
	/** When the first one is opened: milliseconds since 1970. */
	startAtMs: number;
	stepMs: number;
}

const { paths, startAtMs, stepMs } = JSON.parse(readFileSync(0, 'utf8')) as OpenerTask;

async function work(): Promise<void> {
	const setAside: string[] = [];
	for (const [index, path] of paths.entries()) {
		const waitMs = startAtMs + index * stepMs - Date.now();
		if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
		const { db, setAsidePath } = openDatabase(path, CACHE_SCHEMA, process.pid);
		if (setAsidePath !== undefined) setAside.push(path);
		db.close();
	}
	process.stdout.write(JSON.stringify(setAside));
}

void work();
