import { MAX_OBSERVATIONS, type SemanticMemory } from '../../ports/SemanticMemory';
import { attempt } from './attempt';
import type { RedisClient } from './connect';
import { namespaceKeys } from './keys';

/** Semantic memory on Redis: a string a pair, a list of `similarity:same:guarded` a subject; both expire. */
export function redisSemanticMemory(client: RedisClient, prefix: string): SemanticMemory {
	const keysOf = (namespace: string) => namespaceKeys(prefix, namespace);

	return {
		rememberDifferent: async (namespace, pairs, keepMs) => {
			const { different } = keysOf(namespace);
			await attempt(
				Promise.all(
					pairs.map((pair) => client.set(different + pair, '1', 'PX', Math.round(keepMs))),
				),
			);
		},
		areDifferent: async (namespace, pairs) => {
			if (pairs.length === 0) return [];
			const { different } = keysOf(namespace);
			const found = await attempt(client.mget(pairs.map((pair) => different + pair)));
			return found.map((value) => value !== null);
		},
		observe: async (namespace, subject, { similarity, same, guarded }, keepMs) => {
			const key = keysOf(namespace).observed + subject;
			await attempt(
				Promise.all([
					client.rpush(key, [similarity, same ? 1 : 0, guarded ? 1 : 0].join(':')),
					client.ltrim(key, -MAX_OBSERVATIONS, -1),
					client.pexpire(key, Math.round(keepMs)),
				]),
			);
		},
		observations: async (namespace, subject) => {
			const lines = await attempt(client.lrange(keysOf(namespace).observed + subject, 0, -1));
			return lines.map((line) => {
				const [similarity, same, guarded] = line.split(':');
				return { similarity: Number(similarity), same: same === '1', guarded: guarded === '1' };
			});
		},
	};
}
