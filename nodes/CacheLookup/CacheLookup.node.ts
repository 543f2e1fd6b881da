import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { equalItemsGiver, type GiveOut } from '../shared/n8n/equalItems';
import { failedItem } from '../shared/n8n/nodeErrors';
import { once, perItem } from '../shared/n8n/parameters';
import { testRedisCredential } from '../shared/n8n/testRedisCredential';
import { environmentSink, sendTrace, traceFrom } from '../shared/n8n/traces';
import { description } from './CacheLookup.description';
import { askBackend, type BackendAnswer } from './askBackend';
import { equalMisses } from './equalMisses';
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
		let giveOut: GiveOut = (result) => [result];
		try {
			if (once<string>(this, 'operation', 'lookup') === 'fallback')
				giveOut = equalItemsGiver(this, items);
			const reading = readItems(this, items);
			answer = await askBackend(this, items, reading);
			read = await reading.all();
		} catch (error) {
			return [[], items.flatMap((_item, index) => giveOut(failedItem(this, error, index), index))];
		}
		const shape = {
			backend: once<string>(this, 'backend', 'embedded'),
			options: perItem<LookupOptions>(this, 'options', {}),
			startedAtMs,
			lookupMs: Date.now() - startedAtMs,
		};
		const equal = equalMisses(this, read, answer);
		for (const [index, one] of read.entries()) {
			if (equal.held.has(index)) continue;
			try {
				if ('error' in one) throw one.error;
				const behind = equal.behind.get(index);
				const result = toResult(shape, items[index]!, index, one, answer, behind);
				(result.hit ? hits : misses).push(...giveOut(result.item, index));
			} catch (error) {
				misses.push(...giveOut(failedItem(this, error, index), index));
			}
		}
		sendTrace(environmentSink(), () => traceFrom(this, decisionSpans([...hits, ...misses], shape)));
		return [hits, misses];
	}
}
