import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { failedItem } from '../shared/n8n/nodeErrors';
import { once, perItem } from '../shared/n8n/parameters';
import { testRedisCredential } from '../shared/n8n/testRedisCredential';
import { environmentSink, sendTrace, traceFrom } from '../shared/n8n/traces';
import { description } from './CacheLookup.description';
import { askBackend, type BackendAnswer } from './askBackend';
import { decisionSpans, toResult } from './lookupResult';
import { readItems, type LookupOptions, type ReadItem } from './readItems';

export class CacheLookup implements INodeType {
	description = description;

	methods = { credentialTest: { promptCacheRedisTest: testRedisCredential } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const hits: INodeExecutionData[] = [];
		const misses: INodeExecutionData[] = [];
		const startedAtMs = Date.now();
		let read: ReadItem[];
		let answer: BackendAnswer;
		try {
			read = await readItems(this, items);
			answer = await askBackend(this, items, read);
		} catch (error) {
			return [[], items.map((_item, index) => failedItem(this, error, index))];
		}
		const shape = {
			backend: once<string>(this, 'backend', 'embedded'),
			options: perItem<LookupOptions>(this, 'options', {}),
			startedAtMs,
			lookupMs: Date.now() - startedAtMs,
		};
		for (const [index, one] of read.entries()) {
			try {
				if ('error' in one) throw one.error;
				const result = toResult(shape, items[index]!, index, one, answer);
				(result.hit ? hits : misses).push(result.item);
			} catch (error) {
				misses.push(failedItem(this, error, index));
			}
		}
		sendTrace(environmentSink(), () => traceFrom(this, decisionSpans([...hits, ...misses], shape)));
		return [hits, misses];
	}
}
