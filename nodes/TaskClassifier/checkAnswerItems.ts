import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { readLogProbs } from '../shared/core/answer/logProbs';
import { readAnswer } from '../shared/core/answer/readAnswer';
import {
	validateReply,
	type AnswerChecks,
	type AnswerVerdict,
} from '../shared/core/cascade/validateAnswer';
import type { Json, JsonObject } from '../shared/core/json';
import { readAnswerChecks, type AnswerCheckValues } from '../shared/n8n/answerChecks';
import { failedItem } from '../shared/n8n/nodeErrors';
import { perItem } from '../shared/n8n/parameters';
import { upstreamRequest } from './upstreamRequest';

/** Operation `checkAnswer`: an answer that will do goes to Accepted, any other item to Escalate. */
export async function checkAnswerItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const accepted: INodeExecutionData[] = [];
	const escalated: INodeExecutionData[] = [];
	const given = perItem<Json>(ctx, 'answer', '');
	const checksFor = checksReader(ctx);
	for (const [index, item] of items.entries()) {
		try {
			const json = item.json as JsonObject;
			const reply = answerOf(given(index)) ?? json;
			const checks = checksFor(index);
			const verdict = validateReply(readAnswer(reply), readLogProbs(reply), checks);
			const check = shown(verdict);
			const out = { ...item, json: { ...item.json, check }, pairedItem: { item: index } };
			(verdict.ok ? accepted : escalated).push(out);
		} catch (error) {
			escalated.push(failedItem(ctx, error, index));
		}
	}
	return [accepted, escalated];
}

const answerOf = (given: Json | undefined): Json | undefined =>
	given === '' || given === undefined || given === null ? undefined : given;

/** The checks of each item; those that do not depend on its request are prepared once. */
function checksReader(ctx: IExecuteFunctions): (index: number) => AnswerChecks {
	const values = perItem<AnswerCheckValues>(ctx, 'checks', {});
	const requestOf = upstreamRequest(ctx);
	let last: { values: AnswerCheckValues; request: unknown; checks: AnswerChecks } | undefined;
	return (index) => {
		const chosen = values(index) ?? {};
		const request = (chosen.json ?? 'auto') === 'auto' ? requestOf(index) : undefined;
		if (last?.values !== chosen || last.request !== request) {
			last = { values: chosen, request, checks: readAnswerChecks(chosen, request) };
		}
		return last.checks;
	};
}

function shown(verdict: AnswerVerdict): IDataObject {
	return verdict.ok
		? { accepted: true, reasons: [], value: verdict.value as IDataObject }
		: { accepted: false, reasons: verdict.reasons };
}
