/** As much of Qdrant's REST interface as LiteLLM's semantic cache asks of it: collections, points, nearest first. */
import http from 'node:http';
import { close, jsonBody, listen } from './meaningServer';

interface Point {
	id: string;
	vector: number[];
	payload: Record<string, unknown>;
}

interface Search {
	vector: number[];
	limit: number;
	filter?: { must?: Array<{ key: string; match: { value: unknown } }> };
}

const cosine = (a: number[], b: number[]): number =>
	a.reduce((sum, value, at) => sum + value * b[at]!, 0) / (Math.hypot(...a) * Math.hypot(...b));

function nearest(points: Point[], { vector, limit, filter }: Search) {
	return points
		.filter(({ payload }) =>
			(filter?.must ?? []).every(({ key, match }) => payload[key] === match.value),
		)
		.map((point) => ({ id: point.id, payload: point.payload, score: cosine(point.vector, vector) }))
		.sort((a, b) => b.score - a.score)
		.slice(0, limit);
}

/** Starts it on loopback; `points` counts what is kept. */
export async function startQdrantStandIn() {
	const collections = new Map<string, Point[]>();
	const server = http.createServer((request, response) => {
		void (async () => {
			const [, , name = '', ...rest] = (request.url ?? '').split('?')[0]!.split('/');
			const body = await jsonBody(request);
			const points = collections.get(name) ?? [];
			let result: unknown = true;
			switch (`${request.method} ${rest.join('/')}`) {
				case 'GET exists':
					result = { exists: collections.has(name) };
					break;
				case 'PUT ':
					collections.set(name, points);
					break;
				case 'PUT points':
					points.push(...(body.points as Point[]));
					break;
				case 'POST points/search':
					result = nearest(points, body as unknown as Search);
					break;
			}
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(JSON.stringify({ result, status: 'ok', time: 0 }));
		})();
	});
	return {
		url: await listen(server),
		points: () => [...collections.values()].flat().length,
		stop: () => close(server),
	};
}
