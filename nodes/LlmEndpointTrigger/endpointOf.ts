import { LRUCache } from 'lru-cache';
import type { IWebhookFunctions } from 'n8n-workflow';
import { stopExecution } from '../shared/n8n/stopExecution';
import { startEndpoint, type Endpoint } from './endpoint';
import { readPlan } from './settings';

/** A changed credential is seen after this; a changed node at once, since its parameters are the name. */
const KEPT_MS = 15_000;
const endpoints = new LRUCache<string, Endpoint>({ max: 500, ttl: KEPT_MS });

/**
 * The endpoint behind a webhook. n8n makes the node anew for each request; reading its parameters and
 * decrypting its credential each time would cost more than the answer.
 * @throws ConfigError naming the parameter that is not usable
 */
export async function endpointOf(ctx: IWebhookFunctions): Promise<Endpoint> {
	const { id, parameters, credentials } = ctx.getNode();
	const below = ctx.getChildNodes(ctx.getNode().name).map(({ type, disabled }) => [type, disabled]);
	const text = JSON.stringify([ctx.getWorkflow().id, id, parameters, credentials, below]);
	const hasExpressions = text.includes('"=');
	const known = hasExpressions ? undefined : endpoints.get(text);
	if (known) return known;
	const endpoint = startEndpoint(await readPlan(ctx), stopExecution);
	if (!hasExpressions) endpoints.set(text, endpoint);
	return endpoint;
}
