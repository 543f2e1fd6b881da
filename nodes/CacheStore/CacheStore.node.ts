import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
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
			return [await run(this, items)];
		} catch (error) {
			return [items.map((_item, index) => failedItem(this, error, index))];
		}
	}
}
