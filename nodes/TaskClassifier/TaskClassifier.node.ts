import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';
import { loadClassifier } from '../shared/drivers/tables/classifierWeights';
import { failedItem } from '../shared/n8n/nodeErrors';
import { connectJudge, type Judge } from './askJudge';
import { classifyItem } from './classifyItem';
import { classifySettings } from './classifySettings';
import { description } from './TaskClassifier.description';
import { promptReader } from './readPrompt';

export class TaskClassifier implements INodeType {
	description = description;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const small: INodeExecutionData[] = [];
		const large: INodeExecutionData[] = [];
		const classifier = loadClassifier();
		const read = promptReader(this);
		const settingsOf = classifySettings(this);
		let judge: Judge | undefined;
		try {
			judge = await connectJudge(this);
		} catch (error) {
			return [[], items.map((_item, index) => failedItem(this, error, index))];
		}
		for (const [index, item] of items.entries()) {
			try {
				const text = await read(item, index);
				const task = await classifyItem(classifier, text, settingsOf(index), judge);
				const out = { ...item, json: { ...item.json, task }, pairedItem: { item: index } };
				(task.tier === 'small' ? small : large).push(out);
			} catch (error) {
				large.push(failedItem(this, error, index));
			}
		}
		return [small, large];
	}
}
