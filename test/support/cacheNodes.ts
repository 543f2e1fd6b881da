/** Cache Lookup and Cache Store, each run alone, over the embedded cache of a folder. */
import { beforeEach } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { CacheStore } from '../../nodes/CacheStore/CacheStore.node';
import { nodeContext, type NodeRun } from './nodeContext';
import { ownFolder } from './ownFolder';

let folder: string;
/** Gives each test of a file a storage folder of its own. */
export function inOwnFolders(): void {
	beforeEach(() => {
		folder = ownFolder('nodes');
	});
}
/** What follows happens there. */
export function inFolder(place: string): void {
	folder = place;
}

export const item = (json: IDataObject): INodeExecutionData => ({ json });
export const cacheOf = (one: INodeExecutionData | undefined) => one?.json.cache as IDataObject;

export async function lookUp(
	jsons: IDataObject[],
	parameters: NodeRun['parameters'] = {},
	continueOnFail = false,
) {
	const context = nodeContext({
		folder,
		continueOnFail,
		items: jsons.map(item),
		parameters: {
			operation: 'lookup',
			backend: 'embedded',
			source: 'auto',
			namespace: 'default',
			match: 'exact',
			...parameters,
		},
	});
	const [hits, misses] = await new CacheLookup().execute.call(context);
	return { hits: hits!, misses: misses! };
}

export async function store(
	answers: IDataObject[],
	upstream: INodeExecutionData[],
	parameters: NodeRun['parameters'] = {},
	continueOnFail = false,
) {
	const context = nodeContext({
		folder,
		continueOnFail,
		items: answers.map(item),
		upstream,
		parameters: { operation: 'store', backend: 'embedded', entryFor: 'lookup', ...parameters },
	});
	const [items] = await new CacheStore().execute.call(context);
	return items!;
}

export const ask = (prompt: string, more: IDataObject = {}): IDataObject => ({
	body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: prompt }], ...more },
});

/** Another operation of Cache Store. */
export async function manage(
	parameters: NodeRun['parameters'],
	items = [item({})],
): Promise<INodeExecutionData[]> {
	const context = nodeContext({
		folder,
		items,
		parameters: { backend: 'embedded', ...parameters },
	});
	return (await new CacheStore().execute.call(context))[0]!;
}
