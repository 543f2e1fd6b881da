/** Workflows that look up many items in one execution, and what n8n's log says of the time their nodes took. */
import { createHash } from 'node:crypto';
import { node } from '../../scripts/lib/templates/node.mjs';
import { workflow } from '../lib/workflows.mjs';
import { shippedLookup } from './shipped.mjs';

export const ITEMS = 10_000;
const BYTES = 2_048;

/** The same texts here and in the Code node. */
const PROMPTS = `
const prompts = [];
for (let at = 0; at < ${ITEMS}; at++) {
	let text = '';
	for (let word = 0; text.length < ${BYTES}; word++) text += ((at * 7919 + word * 104729) % 1000003).toString(36) + ' ';
	prompts.push(text.slice(0, ${BYTES}));
}
return prompts`;
const prompts = () => new Function(PROMPTS)();

const hash = (prompt) => createHash('sha256').update(JSON.stringify({ prompt })).digest('hex');
const ANSWER = JSON.stringify({ text: 'an answer '.repeat(200) });

/** What the shipped nodes find in Redis. */
export async function fillRaw(raw) {
	const all = prompts();
	for (let at = 0; at < all.length; at += 1_000) {
		await raw.mset(all.slice(at, at + 1_000).flatMap((prompt) => [`raw:${hash(prompt)}`, ANSWER]));
	}
}

const webhook = (name) =>
	node(
		'Webhook',
		'n8n-nodes-base.webhook',
		2.1,
		{ httpMethod: 'POST', path: `batch-${name}`, responseMode: 'lastNode', options: {} },
		{ webhookId: `batch-${name}` },
	);
const make = node('Make', 'n8n-nodes-base.code', 2, {
	jsCode: `const make = () => {${PROMPTS}};\nreturn make().map((prompt) => ({ json: { prompt } }));`,
});
const last = node('Last', 'n8n-nodes-base.limit', 1, {});

function flow(name, nodes) {
	const chain = [webhook(name), make, ...nodes, last];
	const links = Object.fromEntries(chain.slice(1).map((to, at) => [chain[at].name, to.name]));
	return workflow(`batch ${name}`, chain, links);
}

export function batchFlows(credentials) {
	const own = (name, backend, parameters) =>
		node(
			name,
			`n8n-nodes-prompt-cache.${name === 'Store' ? 'cacheStore' : 'cacheLookup'}`,
			1,
			{
				backend,
				...parameters,
			},
			backend === 'redis'
				? { credentials: { promptCacheRedisApi: credentials.promptCacheRedisApi } }
				: {},
		);
	const backends = ['redis', 'embedded'];
	const fills = backends.map((backend) => {
		const filling = flow(`fill-${backend}`, [
			own('Lookup', backend, { options: { coalesce: false } }),
			own('Store', backend, { response: ANSWER, options: { timeoutMs: 60_000 } }),
		]);
		// A miss leaves by the second output.
		filling.connections.Lookup.main.unshift([]);
		return filling;
	});
	const lookups = backends.map((backend) => flow(backend, [own('Lookup', backend, {})]));
	const shipped = flow('shipped', [...shippedLookup('={{ JSON.stringify($json) }}', credentials)]);
	return [...fills, ...lookups, shipped];
}

/** Milliseconds between the start of the first and the end of the last of a flow's own nodes, as n8n's log has them. */
export function nodeTimes(log, name) {
	const [first, final] = name === 'shipped' ? ['Crypto', 'Redis'] : ['Lookup', 'Lookup'];
	const lines = log
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line));
	const at = (message) => {
		const found = lines.find((line) => line.message === message);
		if (!found) throw new Error(`n8n's log has no line: ${message}`);
		return Date.parse(found.metadata?.timestamp ?? found.timestamp);
	};
	return (
		at(`Running node "${final}" finished successfully`) - at(`Running node "${first}" started`)
	);
}
