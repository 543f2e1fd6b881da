import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';

/** What a Cache Lookup wrote on an item. */
export interface UpstreamCache {
	key: string;
	namespace: string;
	status: string;
	lease?: string;
	/** All that it wrote. */
	whole: JsonObject;
}

export const LOOKUP_TYPE = /(^|\.)(cacheLookup|llmEndpointTrigger)$/;

/** The nearest Cache Lookup (or LLM Endpoint Trigger, which looks up too) before this node, by name; undefined where there is none. */
export function upstreamLookupName(ctx: IExecuteFunctions): string | undefined {
	const parents = ctx.getParentNodes(ctx.getNode().name);
	return parents.find(({ type, disabled }) => LOOKUP_TYPE.test(type) && !disabled)?.name;
}

/**
 * The `cache` object that Cache Lookup made for the request behind this item. The item itself is looked at first;
 * where a node in between replaced its JSON, n8n's item pairing leads back to the lookup's output.
 */
export function upstreamCache(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
	lookupName: string | undefined,
): UpstreamCache | undefined {
	const own = cacheOf(item.json as JsonObject);
	if (own) return own;
	const paired = upstreamItem(ctx, itemIndex, lookupName);
	return paired ? cacheOf(paired.json as JsonObject) : undefined;
}

/** The item behind this one as the lookup let it go; undefined where there is none, or the pairing is lost. */
export function upstreamItem(
	ctx: IExecuteFunctions,
	itemIndex: number,
	lookupName: string | undefined,
): INodeExecutionData | undefined {
	if (!lookupName) return undefined;
	const proxy = ctx.getWorkflowDataProxy(itemIndex) as unknown as {
		$: (name: string, fullItem: true) => { item?: INodeExecutionData };
	};
	try {
		// The whole item: a workflow that keeps binary data together gives its JSON alone (n8n 2.41).
		return proxy.$(lookupName, true).item;
	} catch {
		// n8n throws where a node in between broke the pairing; the caller says how to give the key by hand.
		return undefined;
	}
}

function cacheOf(json: JsonObject): UpstreamCache | undefined {
	const { cache } = json;
	if (
		!isJsonObject(cache) ||
		typeof cache.key !== 'string' ||
		typeof cache.namespace !== 'string'
	) {
		return undefined;
	}
	const { key, namespace, status, lease } = cache;
	return {
		key,
		namespace,
		status: String(status),
		lease: typeof lease === 'string' ? lease : undefined,
		whole: cache,
	};
}
