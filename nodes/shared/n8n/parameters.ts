import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Reads a parameter for any item. A parameter without an expression is read once, not once an item:
 * reading is what a batch of thousands of items spends most of its time on.
 */
export function perItem<T>(
	ctx: IExecuteFunctions,
	name: string,
	fallback: T,
): (itemIndex: number) => T {
	const raw = JSON.stringify(ctx.getNode().parameters[name]) ?? '';
	const read = (itemIndex: number) => ctx.getNodeParameter(name, itemIndex, fallback) as T;
	if (raw.includes('"=')) return read;
	const constant = read(0);
	return () => constant;
}
