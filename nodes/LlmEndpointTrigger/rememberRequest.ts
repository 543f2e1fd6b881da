import { explainRequest } from '../shared/core/explain/components';
import { isJsonObject, type JsonObject } from '../shared/core/json';
import { readLease } from '../shared/n8n/lease';
import { openPlace } from '../shared/n8n/triggerBackend';
import type { EndpointPlan } from './endpoint';

/**
 * Lets a Cache Store in this process know the request that another thread looked up: what it stores can then be
 * explained. Where the execution runs on a queue worker, a store does without, as it does without this.
 */
export function rememberRequest(item: JsonObject, plan: EndpointPlan): void {
	const { body, cache } = item;
	if (!isJsonObject(cache) || !isJsonObject(body)) return;
	const lease = readLease(typeof cache.lease === 'string' ? cache.lease : undefined);
	if (!lease) return;
	const { keyVersion, ignoreFields } = plan;
	try {
		openPlace(plan.backendPlace).pending.set(lease.token, {
			namespace: String(cache.namespace),
			key: String(cache.key),
			keyVersion,
			request: body,
			explained: explainRequest(body, keyVersion, ignoreFields),
			epoch: lease.epoch,
			startedAtMs: lease.startedAtMs,
			leads: cache.leader === true || cache.refresh === true,
		});
	} catch {
		// The backend cannot be opened: the store will say so.
	}
}
