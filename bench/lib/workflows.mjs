/** Workflows for benchmarks, as n8n imports them. */
import { stableId } from '../../scripts/lib/templates/fit.mjs';

/** `links`: from which node to which, by the first output. */
export const workflow = (name, nodes, links = {}, more = {}) => ({
	id: stableId(`bench ${name}`),
	name,
	active: false,
	nodes,
	connections: {
		...Object.fromEntries(
			Object.entries(links).map(([from, to]) => [
				from,
				{ main: [[{ node: to, type: 'main', index: 0 }]] },
			]),
		),
		...more,
	},
	settings: { executionOrder: 'v1', saveDataSuccessExecution: 'none' },
});

/** What a node's `credentials` field holds for the credentials given. */
export const named = (...credentials) => ({
	credentials: Object.fromEntries(credentials.map(({ id, name, type }) => [type, { id, name }])),
});
