/** The least that a caching proxy over Redis can be: node:http, a hash of the body, GET, answer. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';

const { default: Redis } = createRequire(import.meta.url)('ioredis');
const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis(redisPort, '127.0.0.1');
const answer = process.env.BARE_ANSWER ?? '{}';

http
	.createServer(async (request, response) => {
		const parts = [];
		for await (const part of request) parts.push(part);
		const key = `bare:${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`;
		let stored = await redis.get(key);
		if (stored === null) {
			stored = answer;
			await redis.set(key, stored, 'EX', 3600);
		}
		response.writeHead(200, {
			'content-type': 'application/json',
			'content-length': Buffer.byteLength(stored),
		});
		response.end(stored);
	})
	.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
