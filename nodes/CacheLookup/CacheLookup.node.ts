import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { failedItem } from '../shared/n8n/nodeErrors';
import { environmentSink, sendTrace, traceFrom } from '../shared/n8n/traces';
import { testRedisCredential } from '../shared/n8n/testRedisCredential';
import { description } from './CacheLookup.description';
import { askBackend, type BackendAnswer } from './askBackend';
import { decisionSpans, toResult } from './lookupResult';
import { readItems, type ReadItem } from './readItems';

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
		const timing = { startedAtMs, lookupMs: Date.now() - startedAtMs };
		for (const [index, one] of read.entries()) {
			try {
				if ('error' in one) throw one.error;
				const result = toResult(this, items[index]!, index, one, answer, timing);
				(result.hit ? hits : misses).push(result.item);
			} catch (error) {
				misses.push(failedItem(this, error, index));
			}
		}
		sendTrace(environmentSink(), () =>
			traceFrom(this, decisionSpans([...hits, ...misses], timing)),
		);
		return [hits, misses];
	}
}
