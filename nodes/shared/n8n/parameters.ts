import type { IExecuteFunctions, ISupplyDataFunctions } from 'n8n-workflow';

type Context = IExecuteFunctions | ISupplyDataFunctions;
type Reader = (itemIndex: number) => unknown;

/** Readers of the contexts that are in use, by parameter name: `getNode` copies the whole node each time. */
const known = new WeakMap<
	Context,
	{ stored: Record<string, unknown>; readers: Map<string, Reader> }
>();

/**
 * Reads a parameter for any item. A parameter without an expression is read once, not once an item, and as it stands
 * in the node: reading is what a batch of thousands of items spends most of its time on.
 */
export function perItem<T>(ctx: Context, name: string, fallback: T): (itemIndex: number) => T {
	let node = known.get(ctx);
	if (!node) {
		node = { stored: ctx.getNode().parameters, readers: new Map() };
		known.set(ctx, node);
	}
	let reader = node.readers.get(name);
	if (!reader) {
		reader = readerOf(ctx, name, fallback, node.stored[name]);
		node.readers.set(name, reader);
	}
	return reader as (itemIndex: number) => T;
}

/** A parameter that is the same for all items. */
export function once<T>(ctx: Context, name: string, fallback: T): T {
	return perItem(ctx, name, fallback)(0);
}

function readerOf(ctx: Context, name: string, fallback: unknown, stored: unknown): Reader {
	const read = (itemIndex: number): unknown => ctx.getNodeParameter(name, itemIndex, fallback);
	if (hasExpression(stored)) return read;
	const constant = stored ?? read(0);
	return () => constant;
}

function hasExpression(stored: unknown): boolean {
	if (typeof stored === 'string') return stored.startsWith('=');
	return typeof stored === 'object' && JSON.stringify(stored).includes('"=');
}
