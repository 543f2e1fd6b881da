import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { failedItem } from '../shared/n8n/nodeErrors';
import { description } from './CostTracker.description';
import { checkBudgetItems } from './checkBudgetItems';
import { estimateItems } from './estimateItems';
import { recordItems } from './recordItems';
import { dashboardItem, reportItems } from './reportItems';

const operations: Record<
	string,
	(ctx: IExecuteFunctions, items: INodeExecutionData[]) => Promise<INodeExecutionData[][]>
> = {
	record: async (ctx, items) => [await recordItems(ctx, items)],
	estimate: async (ctx, items) => [await estimateItems(ctx, items)],
	checkBudget: checkBudgetItems,
	report: async (ctx) => [await reportItems(ctx)],
	dashboard: async (ctx) => [await dashboardItem(ctx)],
};

export class CostTracker implements INodeType {
	description = description;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const operation = this.getNodeParameter('operation', 0) as string;
		try {
			const run = operations[operation];
			if (!run) {
				throw new ConfigError(
					`"${operation}" is not an operation`,
					'Operation',
					`Choose one of: ${Object.keys(operations).join(', ')}.`,
				);
			}
			return await run(this, items);
		} catch (error) {
			const failed = items.map((_item, index) => failedItem(this, error, index));
			return operation === 'checkBudget' ? [[], failed] : [failed];
		}
	}
}
