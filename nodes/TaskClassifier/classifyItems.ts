import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { loadClassifier } from '../shared/drivers/tables/classifierWeights';
import { failedItem } from '../shared/n8n/nodeErrors';
import { connectJudge } from './askJudge';
import { classifyItem } from './classifyItem';
import { classifySettings } from './classifySettings';
import { promptReader } from './readPrompt';

/** Operation `classify`: each item goes to the side of its task; one that fails goes to the large model's. */
export async function classifyItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const small: INodeExecutionData[] = [];
	const large: INodeExecutionData[] = [];
	const classifier = loadClassifier();
	const read = promptReader(ctx);
	const settingsOf = classifySettings(ctx);
	const judge = await connectJudge(ctx);
	for (const [index, item] of items.entries()) {
		try {
			const text = await read(item, index);
			const task = await classifyItem(classifier, text, settingsOf(index), judge);
			const out = { ...item, json: { ...item.json, task }, pairedItem: { item: index } };
			(task.tier === 'small' ? small : large).push(out);
		} catch (error) {
			large.push(failedItem(ctx, error, index));
		}
	}
	return [small, large];
}
