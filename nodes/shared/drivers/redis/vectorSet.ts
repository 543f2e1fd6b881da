import type { Partition, VectorIndex } from '../../ports/VectorIndex';
import { attempt } from './attempt';
import type { RedisClient } from './connect';
import { namespaceKeys } from './keys';

/** True where the server has Vector Sets (Redis 8). */
export async function hasVectorSets(client: RedisClient): Promise<boolean> {
	const [info] = (await client.call('COMMAND', 'INFO', 'VADD')) as unknown[];
	return Array.isArray(info);
}

/**
 * Semantic index on Redis Vector Sets: one set a partition, elements are entry keys, the prompt is an attribute.
 * VSIM answers (1 + cosine) / 2. Source: Redis documentation, commands VADD and VSIM, 2026-11.
 */
export function redisVectorSet(client: RedisClient, prefix: string): VectorIndex {
	const keyOf = ({ namespace, id }: Partition) =>
		`${namespaceKeys(prefix, namespace).vectorSets}${id}`;
	const bytes = (vector: Float32Array) =>
		Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

	return {
		kind: 'Redis Vector Sets',

		add: async (partition, { key, prompt, vector }, keepMs) => {
			const name = keyOf(partition);
			const attributes = JSON.stringify({ prompt });
			await attempt(
				Promise.all([
					client.call('VADD', name, 'FP32', bytes(vector), key, 'SETATTR', attributes),
					client.pexpire(name, Math.round(keepMs), 'NX'),
					client.pexpire(name, Math.round(keepMs), 'GT'),
				]),
			);
		},

		nearest: async (partition, vector, count) => {
			const name = keyOf(partition);
			const scored = await attempt(scoresOf(client, name, bytes(vector), count));
			const keys = scored.filter((_part, at) => at % 2 === 0);
			const attributes = await attempt(
				Promise.all(keys.map((key) => client.call('VGETATTR', name, key))),
			);
			return keys.map((key, at) => ({
				key,
				prompt: promptOf(attributes[at]),
				similarity: Number(scored[at * 2 + 1]) * 2 - 1,
			}));
		},

		remove: async (partition, keys) => {
			await attempt(Promise.all(keys.map((key) => client.call('VREM', keyOf(partition), key))));
		},

		clear: async (partition) => {
			await attempt(client.unlink(keyOf(partition)));
		},
	};
}

function promptOf(attributes: unknown): string {
	if (typeof attributes !== 'string') return '';
	const { prompt } = JSON.parse(attributes) as { prompt?: string };
	return prompt ?? '';
}

/** `[key, score, …]`; empty where the set holds vectors of another length: they come from another embedder. */
async function scoresOf(
	client: RedisClient,
	name: string,
	vector: Buffer,
	count: number,
): Promise<string[]> {
	try {
		const reply = await client.call('VSIM', name, 'FP32', vector, 'WITHSCORES', 'COUNT', count);
		return reply as string[];
	} catch (error) {
		if ((error as Error).message.includes('dimension mismatch')) return [];
		throw error;
	}
}
