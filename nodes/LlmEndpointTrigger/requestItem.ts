import type { INodeExecutionData } from 'n8n-workflow';
import type { JsonObject } from '../shared/core/json';
import type { Operation } from '../shared/core/protocol/protocol';
import { requestTexts } from '../shared/core/request/requestTexts';
import { writeLease } from '../shared/n8n/lease';
import type { Asked } from '../shared/services/endpoint';
import { isHit } from '../shared/services/lookup';
import type { Endpoint } from './endpoint';

/**
 * The item with which an execution starts: the request in `body`, the user's words in `chatInput` for
 * nodes that expect them there, and what Cache Lookup would say in `cache`. No header of the client's
 * is on it, so no key is either.
 */
export function requestItem(
	asked: Asked,
	{
		operation,
		caller,
		streamed,
		endpoint,
	}: { operation: Operation; caller: string; streamed: boolean; endpoint: Endpoint },
): JsonObject {
	const { request, outcome, key, namespace, startedAtMs } = asked;
	const { model, user } = requestTexts(request);
	const hit = isHit(outcome);
	const cache: JsonObject = {
		status: outcome.status,
		layer: hit ? 'exact' : null,
		key,
		namespace,
		backend: endpoint.backend,
		reasons: outcome.reasons,
		leader: hit ? false : outcome.leader,
		refresh: hit && outcome.refresh,
	};
	if (endpoint.storesItself && outcome.token) {
		cache.lease = writeLease({
			token: outcome.token,
			epoch: outcome.epoch,
			startedAtMs,
			keyVersion: endpoint.keyVersion,
			model,
		});
	}
	return {
		body: request,
		chatInput: user,
		model,
		endpoint: { protocol: endpoint.protocol, operation, caller, streamed },
		cache,
	};
}

/** What the node shows in the editor when it is run there without a request. */
export function sampleItem(): INodeExecutionData {
	const prompt = 'What is a prompt cache?';
	const body = { model: 'my-model', messages: [{ role: 'user', content: prompt }] };
	const json = {
		body,
		chatInput: prompt,
		model: body.model,
		endpoint: { protocol: 'openAi', operation: 'chat', caller: 'sample', streamed: false },
		cache: { status: 'miss', layer: null, key: '', namespace: 'default', reasons: ['a sample'] },
	};
	return { json, pairedItem: { item: 0 } };
}
