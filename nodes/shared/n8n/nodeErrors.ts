import {
	NodeOperationError,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type JsonObject,
} from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../core/errors';

/** Turns any error of this package into n8n's, naming the parameter and the item. */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	if (error instanceof NodeOperationError) return error;
	if (error instanceof ConfigError) {
		const item = itemIndex === undefined ? '' : ` [item ${itemIndex}]`;
		return new NodeOperationError(
			node,
			`${error.message} [parameter "${error.parameter}"]${item}`,
			{
				itemIndex,
				description: error.hint,
			},
		);
	}
	if (error instanceof StoreUnavailable) {
		return new NodeOperationError(node, `The cache backend is not available: ${error.message}`, {
			itemIndex,
			description: error.hint,
		});
	}
	return new NodeOperationError(node, error instanceof Error ? error : String(error), {
		itemIndex,
	});
}

/** The item that stands for a failed one under "Continue On Fail"; otherwise the error is thrown. */
export function failedItem(
	ctx: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): INodeExecutionData {
	const nodeError = toNodeError(ctx.getNode(), error, itemIndex);
	if (!ctx.continueOnFail()) throw nodeError;
	const json: JsonObject = { error: nodeError.message };
	if (nodeError.description) json.hint = nodeError.description;
	return { json: json as INodeExecutionData['json'], pairedItem: { item: itemIndex } };
}
