import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Reservation } from '../core/budget/budget';
import { decodeReservation } from '../core/budget/budget';
import { isObject } from '../core/usage/json';

const trackerType = /(^|\.)costTracker$/;

/**
 * Finds the reservation behind an item: on the item itself, or on the Cost Tracker that checked the
 * budget before, by n8n's item linking.
 */
export function reservationReader(
	ctx: IExecuteFunctions,
): (item: INodeExecutionData, index: number) => Reservation[] {
	const checks = ctx
		.getParentNodes(ctx.getNode().name)
		.filter(({ type, disabled }) => trackerType.test(type) && !disabled)
		.map(({ name }) => name);
	return (item, index) => {
		const own = reservationOf(item);
		if (own !== null) return [own];
		const reservations = checks.map((name) => reservationOf(linkedItem(ctx, name, index)));
		return reservations.filter((reservation) => reservation !== null);
	};
}

function linkedItem(
	ctx: IExecuteFunctions,
	name: string,
	index: number,
): INodeExecutionData | undefined {
	const proxy = ctx.getWorkflowDataProxy(index) as unknown as {
		$: (node: string, fullItem: true) => { item?: INodeExecutionData };
	};
	try {
		return proxy.$(name, true).item;
	} catch {
		// n8n throws where a node in between broke the linking: the reservation then ends by itself.
		return undefined;
	}
}

function reservationOf(item: INodeExecutionData | undefined): Reservation | null {
	const budget: unknown = item?.json?.budget;
	const text = isObject(budget) ? budget.reservation : undefined;
	return typeof text === 'string' ? decodeReservation(text) : null;
}
