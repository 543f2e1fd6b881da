/** Reading a workflow as a graph. */
const STICKY = 'n8n-nodes-base.stickyNote';
export const PACKAGE_PREFIX = 'n8n-nodes-prompt-cache.';

export const isSticky = (node) => node.type === STICKY;
export const jobNodes = (workflow) => workflow.nodes.filter((node) => !isSticky(node));
export const packageNodes = (workflow) =>
	workflow.nodes.filter((node) => node.type.startsWith(PACKAGE_PREFIX));

/** All connections as `{ from, type, output, to }`. */
export function edgesOf(workflow) {
	return Object.entries(workflow.connections ?? {}).flatMap(([from, byType]) =>
		Object.entries(byType).flatMap(([type, outputs]) =>
			outputs.flatMap((targets, output) =>
				(targets ?? []).map((target) => ({ from, type, output, to: target.node })),
			),
		),
	);
}

function reach(start, next) {
	const seen = new Set(start);
	for (const name of seen) next(name).forEach((found) => seen.add(found));
	return seen;
}

/**
 * Names of the nodes a hit runs through: what leads to a Cache Lookup, the Lookup itself, and all
 * that follows its first output. A Lookup in an error branch (operation "fallback") is not meant.
 */
export function hitPath(workflow) {
	const edges = edgesOf(workflow).filter(({ type }) => type === 'main');
	const lookups = workflow.nodes.filter(
		({ type, parameters }) =>
			type === `${PACKAGE_PREFIX}cacheLookup` && parameters.operation !== 'fallback',
	);
	const path = new Set();
	for (const { name } of lookups) {
		const before = reach([name], (at) => edges.filter((e) => e.to === at).map((e) => e.from));
		const hits = edges.filter((e) => e.from === name && e.output === 0).map((e) => e.to);
		const after = reach(hits, (at) => edges.filter((e) => e.from === at).map((e) => e.to));
		for (const found of [...before, ...after]) path.add(found);
	}
	return path;
}

/** Every expression in a value, with the path that leads to it. */
export function expressionsIn(value, at = '') {
	if (typeof value === 'string') return value.startsWith('=') ? [at] : [];
	if (value === null || typeof value !== 'object') return [];
	return Object.entries(value).flatMap(([key, inner]) =>
		expressionsIn(inner, at === '' ? key : `${at}.${key}`),
	);
}
