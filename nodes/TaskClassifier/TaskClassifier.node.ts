import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { failedItem } from '../shared/n8n/nodeErrors';
import { checkAnswerItems } from './checkAnswerItems';
import { classifyItems } from './classifyItems';
import { description } from './TaskClassifier.description';

const operations: Record<
	string,
	(ctx: IExecuteFunctions, items: INodeExecutionData[]) => Promise<INodeExecutionData[][]>
> = { classify: classifyItems, checkAnswer: checkAnswerItems };

export class TaskClassifier implements INodeType {
	description = description;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const operation = this.getNodeParameter('operation', 0, 'classify') as string;
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
			return [[], items.map((_item, index) => failedItem(this, error, index))];
		}
	}
}
