/** Template 01 as a user runs it, and the same way through n8n's own nodes. */
import { createHash } from 'node:crypto';
import { node } from '../../scripts/lib/templates/node.mjs';
import { workflow } from '../lib/workflows.mjs';
import { shippedLookup } from './shipped.mjs';
import { readTemplates } from '../../scripts/lib/templates/files.mjs';
import { fitTemplate, stableId } from '../../scripts/lib/templates/fit.mjs';

const request = {
	model: 'm',
	temperature: 0,
	messages: [
		{
			role: 'user',
			content: 'What does a prompt cache save, and where is it of no use? '.repeat(12),
		},
	],
};
export const hitBody = JSON.stringify(request);

/** Where the flow of shipped nodes looks. */
export const rawKey = () => `raw:${createHash('sha256').update(hitBody).digest('hex')}`;

const webhook = (name, credentials) =>
	node(
		'Webhook',
		'n8n-nodes-base.webhook',
		2.1,
		{
			httpMethod: 'POST',
			path: `hit-${name}`,
			authentication: 'headerAuth',
			responseMode: 'responseNode',
			options: {},
		},
		{ webhookId: `hit-${name}`, credentials: { httpHeaderAuth: credentials.httpHeaderAuth } },
	);
const respond = (name = 'Respond') =>
	node(name, 'n8n-nodes-base.respondToWebhook', 1.4, {
		respondWith: 'firstIncomingItem',
		options: {},
	});

/** The shipped template; its file and the nodes' parameters are as users get them. */
function template(backend, credentials) {
	const { workflow: shipped } = readTemplates().find(({ file }) => file.startsWith('01-'));
	const { workflow: fitted } = fitTemplate(shipped, {
		id: stableId(`bench hit ${backend}`),
		credentials,
		backend,
		change: ({ nodes }) => {
			for (const one of nodes) {
				if (one.type === 'n8n-nodes-base.webhook') {
					one.parameters.path = `hit-${backend}`;
					one.webhookId = `hit-${backend}`;
				}
			}
		},
	});
	return { ...fitted, name: `hit ${backend}` };
}

const credentialFor = (backend, { promptCacheRedisApi }) =>
	backend === 'redis' ? { credentials: { promptCacheRedisApi } } : {};

/** Stores the answer that the template then finds. */
function fill(backend, credentials) {
	const credential = credentialFor(backend, credentials);
	const name = `fill-${backend}`;
	const flow = workflow(
		`hit ${name}`,
		[
			webhook(name, credentials),
			node('Lookup', 'n8n-nodes-prompt-cache.cacheLookup', 1, { backend }, credential),
			node(
				'Store',
				'n8n-nodes-prompt-cache.cacheStore',
				1,
				{
					backend,
					response: JSON.stringify({ answer: 'A stored answer. '.repeat(40), model: 'm' }),
				},
				credential,
			),
			respond(),
		],
		{ Webhook: 'Lookup', Lookup: 'Store', Store: 'Respond' },
	);
	flow.connections.Lookup.main.unshift([]);
	return flow;
}

/** Template 01 with its lookup done by n8n's own nodes; what follows a miss is the same. */
function ofShippedNodes(credentials) {
	const flow = template('embedded', credentials);
	const [before, lookup, answer] = ['Receive request', 'Look up in cache', 'Answer'];
	const onMiss = flow.connections[lookup].main[1];
	const found = node('Found?', 'n8n-nodes-base.if', 2.2, {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
			conditions: [
				{
					id: stableId('bench found'),
					leftValue: '={{ $json.answer }}',
					rightValue: '',
					operator: { type: 'string', operation: 'notEmpty', singleValue: true },
				},
			],
			combinator: 'and',
		},
		options: {},
	});
	const shipped = shippedLookup('={{ JSON.stringify($json.body) }}', credentials);
	const hook = flow.nodes.find(({ name }) => name === before);
	hook.parameters.path = 'hit-shipped';
	hook.webhookId = 'hit-shipped';
	flow.id = stableId('bench hit shipped');
	flow.name = 'hit shipped';
	flow.nodes = [...flow.nodes.filter(({ name }) => name !== lookup), ...shipped, found];
	delete flow.connections[lookup];
	const to = (name) => ({ main: [[{ node: name, type: 'main', index: 0 }]] });
	flow.connections[before] = to('Crypto');
	flow.connections.Crypto = to('Redis');
	flow.connections.Redis = to('Found?');
	flow.connections['Found?'] = { main: [...to(answer).main, onMiss] };
	return flow;
}

/** The way of a hit alone, to tell what the nodes that are not reached cost. */
function hitAlone(backend, credentials) {
	const name = `alone-${backend}`;
	return workflow(
		`hit ${name}`,
		[
			webhook(name, credentials),
			node(
				'Lookup',
				'n8n-nodes-prompt-cache.cacheLookup',
				1,
				{ backend, options: { hitItem: 'answer' } },
				credentialFor(backend, credentials),
			),
			respond(),
		],
		{ Webhook: 'Lookup', Lookup: 'Respond' },
	);
}

export function hitFlows(credentials) {
	const backends = ['embedded', 'redis'];
	return [
		workflow('hit empty', [webhook('empty', credentials), respond()], { Webhook: 'Respond' }),
		workflow(
			'hit noop',
			[webhook('noop', credentials), node('Nothing', 'n8n-nodes-base.noOp', 1, {}), respond()],
			{ Webhook: 'Nothing', Nothing: 'Respond' },
		),
		ofShippedNodes(credentials),
		...backends.map((backend) => template(backend, credentials)),
		...backends.map((backend) => fill(backend, credentials)),
		...backends.map((backend) => hitAlone(backend, credentials)),
	];
}
