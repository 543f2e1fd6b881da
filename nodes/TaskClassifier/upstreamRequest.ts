import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { JsonObject } from '../shared/core/json';
import { findRequest } from '../shared/core/request/findRequest';

const CLASSIFIER_TYPE = /(^|\.)taskClassifier$/;

/**
 * What the small model was asked: the request in the item that the Task Classifier before this one sent on. Undefined
 * where there is none, where n8n's item pairing is broken in between, or where that item holds no request.
 */
export function upstreamRequest(ctx: IExecuteFunctions): (index: number) => JsonObject | undefined {
	const classifier = ctx
		.getParentNodes(ctx.getNode().name)
		.find(({ type, disabled }) => CLASSIFIER_TYPE.test(type) && !disabled)?.name;
	if (classifier === undefined) return () => undefined;
	return (index) => {
		const proxy = ctx.getWorkflowDataProxy(index) as unknown as {
			$: (name: string) => { item?: INodeExecutionData };
		};
		try {
			const asked = proxy.$(classifier).item;
			return asked && findRequest(asked.json as JsonObject);
		} catch {
			// Whether JSON was asked for is then not known; the checks given by hand hold all the same.
			return undefined;
		}
	};
}
