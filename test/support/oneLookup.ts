/** A process that looks something up in Redis, prints what came of it, and closes nothing. */
import { readFileSync } from 'node:fs';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { redisSettings } from '../contract/backends';
import { asked, engineOver } from './engine';

const { port } = JSON.parse(readFileSync(0, 'utf8')) as { port: number };
const engine = engineOver(redisCacheStore(connectRedis(redisSettings(port)), 'pc:', systemClock));
void engine
	.ask(asked('question'))
	.then(({ status }) => process.stdout.write(JSON.stringify({ status })));
