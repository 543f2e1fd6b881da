import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { promptText } from '../shared/core/classify/promptText';
import { requestReader } from '../shared/n8n/readRequest';

const PROMPT_FIELDS = ['prompt', 'chatInput', 'text', 'input'];

/** Reads the text to classify of each item; an empty prompt is an answer, a missing one an error. */
export function promptReader(
	ctx: IExecuteFunctions,
): (item: INodeExecutionData, itemIndex: number) => Promise<string> {
	const source = ctx.getNodeParameter('source', 0, 'auto') as string;
	const read = requestReader(ctx);
	return async (item, itemIndex) => {
		if (source === 'auto' && isEmptyPrompt(item)) return '';
		const { binary: _files, ...withoutFiles } = item;
		return promptText(await read(withoutFiles, itemIndex));
	};
}

/** The item names a prompt, and it is blank. */
function isEmptyPrompt({ json }: INodeExecutionData): boolean {
	if (json.messages !== undefined || json.body !== undefined || json.contents !== undefined) {
		return false;
	}
	const named = PROMPT_FIELDS.map((name) => json[name]).filter(
		(value) => typeof value === 'string',
	);
	return named.length > 0 && named.every((value) => (value as string).trim() === '');
}
