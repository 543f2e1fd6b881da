import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { equalItemsGiver, type GiveOut } from '../shared/n8n/equalItems';
import { failedItem } from '../shared/n8n/nodeErrors';
import { description } from './CacheStore.description';
import { exportEntries, importEntries, inspectCache, invalidateItems } from './manageEntries';
import { rebuildSemanticIndex } from './rebuildSemanticIndex';
import { storeItems } from './storeItems';

const operations: Record<
	string,
	(ctx: IExecuteFunctions, items: INodeExecutionData[]) => Promise<INodeExecutionData[]>
> = {
	store: storeItems,
	invalidate: invalidateItems,
	inspect: inspectCache,
	export: exportEntries,
	import: importEntries,
	rebuildIndex: rebuildSemanticIndex,
};

export class CacheStore implements INodeType {
	description = description;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		let giveOut: GiveOut = (result) => [result];
		try {
			const operation = this.getNodeParameter('operation', 0) as string;
			const run = operations[operation];
			if (!run) {
				throw new ConfigError(
					`"${operation}" is not an operation`,
					'Operation',
					`Choose one of: ${Object.keys(operations).join(', ')}.`,
				);
			}
			if (operation === 'store') giveOut = equalItemsGiver(this, items);
			return [(await run(this, items)).flatMap(giveOut)];
		} catch (error) {
			return [items.flatMap((_item, index) => giveOut(failedItem(this, error, index), index))];
		}
	}
}
