/** The lookup that n8n's own nodes can do: a SHA-256 of the request, and what Redis holds under it. */
import { node } from '../../scripts/lib/templates/node.mjs';

/** Nodes "Crypto" and "Redis"; `text` is the expression for what is hashed. */
export const shippedLookup = (text, credentials) => [
	node('Crypto', 'n8n-nodes-base.crypto', 1, {
		action: 'hash',
		type: 'SHA256',
		value: text,
		dataPropertyName: 'key',
		encoding: 'hex',
	}),
	node(
		'Redis',
		'n8n-nodes-base.redis',
		1,
		{ operation: 'get', propertyName: 'answer', key: '=raw:{{ $json.key }}', options: {} },
		{ credentials: { redis: credentials.redis } },
	),
];
