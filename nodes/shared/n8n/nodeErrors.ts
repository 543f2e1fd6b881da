import {
	NodeOperationError,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
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

/**
 * The item that stands for a failed one under "Continue On Fail"; otherwise the error is thrown.
 * n8n sends it to an error output only where it has no other fields than `error` and `message`.
 */
export function failedItem(
	ctx: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): INodeExecutionData {
	const nodeError = toNodeError(ctx.getNode(), error, itemIndex);
	if (!ctx.continueOnFail()) throw nodeError;
	const { message, description } = nodeError;
	const json = description ? { error: message, message: description } : { error: message };
	return { json, pairedItem: { item: itemIndex } };
}
