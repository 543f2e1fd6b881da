import type { IExecuteFunctions } from 'n8n-workflow';
import type { JsonObject } from '../shared/core/json';
import { requestIn } from '../shared/core/request/findRequest';
import { upstreamItem } from '../shared/n8n/upstreamLookup';

const CLASSIFIER_TYPE = /(^|\.)taskClassifier$/;

/**
 * What the small model was asked: the request in the item that the Task Classifier before this one sent on. Undefined
 * where there is none, where n8n's item pairing is broken in between, or where that item holds no request.
 */
export function upstreamRequest(ctx: IExecuteFunctions): (index: number) => JsonObject | undefined {
	const classifier = ctx.getParentNodes(ctx.getNode().name, { includeNodeParameters: true }).find(
		({ type, disabled, parameters }) =>
			// Another check of answers, of an earlier step, sends answers on and no requests.
			CLASSIFIER_TYPE.test(type) && !disabled && parameters?.operation !== 'checkAnswer',
	)?.name;
	return (index) => {
		const asked = upstreamItem(ctx, index, classifier);
		// Without a request it is not known whether JSON was asked for; the checks given by hand hold all the same.
		return asked && requestIn(asked.json as JsonObject);
	};
}
