import type { EndpointError } from './errors';
import type { Operation, Protocol } from './protocol';

/** A path below the endpoint's own, with the method it takes. */
export interface Route {
	method: 'GET' | 'POST';
	/** Begins with a slash, or is empty. */
	path: string;
	operation: Operation;
}

const MODELS: Route = { method: 'GET', path: '/v1/models', operation: 'models' };

/** What the endpoint answers, by protocol. */
export const ROUTES: Record<Protocol, readonly Route[]> = {
	openAi: [
		{ method: 'POST', path: '/v1/chat/completions', operation: 'chat' },
		{ method: 'POST', path: '/v1/embeddings', operation: 'embeddings' },
		MODELS,
	],
	anthropic: [{ method: 'POST', path: '/v1/messages', operation: 'message' }, MODELS],
	json: [{ method: 'POST', path: '', operation: 'json' }],
};

export type Routed =
	{ found: true; operation: Operation; modelId?: string } | { found: false; error: EndpointError };

/**
 * Finds what is asked for. The path is compared to the letter, after one trailing slash is taken off:
 * nothing is decoded, so that no spelling of a path means another one.
 * @param below the request's path below the endpoint's own, without the query
 */
export function findRoute(protocol: Protocol, method: string, below: string): Routed {
	const path = below.endsWith('/') ? below.slice(0, -1) : below;
	const routes = ROUTES[protocol];
	const here = routes.filter((route) => route.path === path);
	const found = here.find((route) => route.method === method);
	if (found) return { found: true, operation: found.operation };
	const one = /^\/v1\/models\/([\w.:@-]{1,200})$/.exec(path);
	if (one && method === 'GET' && routes.includes(MODELS)) {
		return { found: true, operation: 'models', modelId: one[1] };
	}
	if (here.length > 0) {
		const message = `This path takes ${here.map((route) => route.method).join(', ')} only`;
		return { found: false, error: { status: 405, message, code: 'method_not_allowed' } };
	}
	const known = routes.map((route) => `${route.method} ${route.path || '/'}`).join(', ');
	const message = `There is nothing at this path. This endpoint answers: ${known}`;
	return { found: false, error: { status: 404, message, code: 'unknown_url' } };
}
