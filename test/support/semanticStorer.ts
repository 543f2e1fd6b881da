/**
 * A process that stores answers to be found by meaning, one after another, and tells each one that was stored and
 * indexed, until it is killed. Argument: JSON of `Storing`.
 */
import { writeSync } from 'node:fs';
import {
	embeddedConnection,
	redisConnection,
	type RedisCredential,
} from '../../nodes/shared/n8n/connections';
import { LONG_LIVED, promptOfRun } from './askedByRun';
import { semanticEngine } from './semanticEngine';
import { textOfRun } from './storedByRun';

/** Where, and the number of the run. */
export type Storing = { run: number } & ({ folder: string } | { credential: RedisCredential });

const storing = JSON.parse(process.argv[2] ?? '') as Storing;
const { run } = storing;
const connection =
	'folder' in storing ? embeddedConnection(storing.folder) : redisConnection(storing.credential);

async function storeForEver(): Promise<void> {
	const { store } = await semanticEngine(connection);
	for (let index = 0; ; index++) {
		const words = promptOfRun(index);
		const { stored, reasons } = await store(words, `run ${run}`, textOfRun(run, index), LONG_LIVED);
		if (stored && reasons.length === 0) writeSync(1, `${index}\n`);
	}
}

void storeForEver();
