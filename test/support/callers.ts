/** A process with many callers of one question at once; each miss asks the provider, and stores its answer. */
import { readFileSync } from 'node:fs';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { isHit } from '../../nodes/shared/services/lookup';
import { redisSettings } from '../contract/backends';
import { asked, engineOver } from './engine';

export interface CallersTask {
	address: { path: string } | { port: number };
	questions: string[];
	callers: number;
	/** The provider's URL; its answer is a text. */
	provider: string;
	/** Asked together with another process: milliseconds since 1970. */
	startAtMs: number;
}

const task = JSON.parse(readFileSync(0, 'utf8')) as CallersTask;

function open() {
	if ('port' in task.address) {
		const client = connectRedis(redisSettings(task.address.port));
		return { store: redisCacheStore(client, 'pc:', systemClock), close: () => client.disconnect() };
	}
	const { db } = openDatabase(task.address.path, CACHE_SCHEMA, 0);
	const limits = { maxBytes: 1e9, maxEntries: 1e6 };
	return { store: sqliteCacheStore(db, systemClock, limits), close: () => db.close() };
}

async function work(): Promise<void> {
	const { store, close } = open();
	const engine = engineOver(store);
	await new Promise((resolve) => setTimeout(resolve, task.startAtMs - Date.now()));
	const caller = async (question: string): Promise<string> => {
		const request = asked(question);
		const outcome = await engine.ask(request);
		if (isHit(outcome)) return String(outcome.entry.response);
		const reply = await fetch(`${task.provider}?q=${encodeURIComponent(question)}`);
		const text = await reply.text();
		await engine.answer(request, text, outcome);
		return text;
	};
	const calls = task.questions.flatMap((question) =>
		Array.from({ length: task.callers }, () => caller(question)),
	);
	const answers = await Promise.all(calls);
	engine.close();
	close();
	process.stdout.write(JSON.stringify(answers));
}

void work();
