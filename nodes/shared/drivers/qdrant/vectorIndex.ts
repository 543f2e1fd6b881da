import axios, { type AxiosInstance } from 'axios';
import { StoreUnavailable } from '../../core/errors';
import type { Clock } from '../../ports/Clock';
import type { VectorIndex } from '../../ports/VectorIndex';

export interface QdrantOptions {
	/** e.g. `http://qdrant:6333` */
	url: string;
	apiKey?: string;
	/** Beginning of the collections' names. */
	collectionPrefix?: string;
}

const TIMEOUT_MS = 5_000;

/**
 * Semantic index on a Qdrant server: one collection a vector length, partition and expiry in the payload.
 * A point's id is the UUID made of the first half of the entry's key and the partition.
 * Source: Qdrant documentation, REST API (collections, points/query, points/delete), 2026-11.
 */
export function qdrantVectorIndex(options: QdrantOptions, clock: Clock): VectorIndex {
	const { url, apiKey, collectionPrefix = 'prompt-cache' } = options;
	const headers = apiKey ? { 'api-key': apiKey } : {};
	const http = axios.create({ baseURL: url.replace(/\/+$/, ''), timeout: TIMEOUT_MS, headers });
	const created = new Set<string>();

	async function collection(dims: number): Promise<string> {
		const name = `${collectionPrefix}-${dims}`;
		if (created.has(name)) return name;
		const { data } = await ask<{ exists: boolean }>(http, 'get', `/collections/${name}/exists`);
		if (!data.exists) {
			await ask(http, 'put', `/collections/${name}`, {
				vectors: { size: dims, distance: 'Cosine' },
			});
			const index = { field_name: 'part', field_schema: 'keyword' };
			await ask(http, 'put', `/collections/${name}/index`, index);
		}
		created.add(name);
		return name;
	}

	return {
		kind: 'Qdrant',

		add: async ({ id: part }, { key, prompt, vector }, keepMs) => {
			const name = await collection(vector.length);
			const payload = { part, key, prompt, expiresAt: clock.nowMs() + keepMs };
			const points = [{ id: pointId(part, key), vector: [...vector], payload }];
			await ask(http, 'put', `/collections/${name}/points?wait=true`, { points });
		},

		nearest: async ({ id: part }, vector, count) => {
			const name = await collection(vector.length);
			const must = [
				{ key: 'part', match: { value: part } },
				{ key: 'expiresAt', range: { gt: clock.nowMs() } },
			];
			const query = { query: [...vector], limit: count, filter: { must }, with_payload: true };
			const { data } = await ask<{ points: Point[] }>(
				http,
				'post',
				`/collections/${name}/points/query`,
				query,
			);
			return data.points.map(({ score, payload }) => ({
				key: payload.key,
				prompt: payload.prompt,
				similarity: score,
			}));
		},

		remove: async ({ id: part }, keys) => {
			const points = keys.map((key) => pointId(part, key));
			await Promise.all(
				[...created].map((name) =>
					ask(http, 'post', `/collections/${name}/points/delete?wait=true`, { points }),
				),
			);
		},

		clear: async ({ id: part }) => {
			const { data } = await ask<{ collections: Array<{ name: string }> }>(
				http,
				'get',
				'/collections',
			);
			const names = data.collections.map(({ name }) => name);
			const filter = { must: [{ key: 'part', match: { value: part } }] };
			await Promise.all(
				names
					.filter((name) => name.startsWith(`${collectionPrefix}-`))
					.map((name) =>
						ask(http, 'post', `/collections/${name}/points/delete?wait=true`, { filter }),
					),
			);
		},
	};
}

interface Point {
	score: number;
	payload: { key: string; prompt: string };
}

async function ask<T>(
	http: AxiosInstance,
	method: 'get' | 'put' | 'post',
	path: string,
	body?: unknown,
): Promise<{ data: T }> {
	try {
		const { data } = await http.request<{ result: T }>({ method, url: path, data: body });
		return { data: data.result };
	} catch (error) {
		if (!axios.isAxiosError(error)) throw error;
		const why = error.response ? `status ${error.response.status}` : (error.code ?? error.message);
		throw new StoreUnavailable(`Qdrant: ${why}`, 'Check that Qdrant runs at the given URL.');
	}
}

/** Half of the key and half of the partition: the same prompt in two partitions is two points. */
function pointId(part: string, key: string): string {
	const hex = key.slice(0, 16) + part.slice(0, 16);
	return [8, 4, 4, 4, 12]
		.reduce<{ at: number; groups: string[] }>(
			({ at, groups }, length) => ({
				at: at + length,
				groups: [...groups, hex.slice(at, at + length)],
			}),
			{ at: 0, groups: [] },
		)
		.groups.join('-');
}
