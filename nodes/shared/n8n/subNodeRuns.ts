import type { IExecuteFunctions } from 'n8n-workflow';
import { isObject } from '../core/usage/json';
import type { JsonObject } from '../core/usage/json';

/** One run of a chat model under an AI Agent or chain. */
export interface SubNodeRun {
	node: string;
	run: number;
	/** What the run left behind: `tokenUsage`, the generations, a cache mark. */
	json: JsonObject;
	model: string | undefined;
}

/**
 * The runs of all chat models under the AI nodes before this one. n8n keeps them in the execution's
 * run data, where expressions do not reach (tried on n8n 1.123 and 2.41, November 2026); elsewhere
 * the list is empty.
 */
export function subNodeRuns(ctx: IExecuteFunctions): SubNodeRun[] {
	const found: SubNodeRun[] = [];
	const runData = runDataOf(ctx);
	for (const node of modelsBefore(ctx)) {
		const runs = runData[node];
		if (!Array.isArray(runs)) continue;
		runs.forEach((run: unknown, index) => {
			const json = jsonAt(run, 'data');
			if (json === null) return;
			const options = jsonAt(run, 'inputOverride')?.options;
			const model = isObject(options) ? (options.model ?? options.model_name) : undefined;
			found.push({ node, run: index, json, model: typeof model === 'string' ? model : undefined });
		});
	}
	return found;
}

/** How often a node ran in this execution until now: in a loop, which round it is. 0 where that is not known. */
export function runsOf(ctx: IExecuteFunctions, node: string | undefined): number {
	const runs = node === undefined ? undefined : runDataOf(ctx)[node];
	return Array.isArray(runs) ? runs.length : 0;
}

function runDataOf(ctx: IExecuteFunctions): JsonObject {
	const { runExecutionData } = ctx as unknown as { runExecutionData?: unknown };
	const result = isObject(runExecutionData) ? runExecutionData.resultData : undefined;
	const runData = isObject(result) ? result.runData : undefined;
	return isObject(runData) ? runData : {};
}

function modelsBefore(ctx: IExecuteFunctions): string[] {
	const names = new Set<string>();
	for (const { name } of ctx.getParentNodes(ctx.getNode().name)) {
		const models = ctx.getParentNodes(name, { connectionType: 'ai_languageModel', depth: 3 });
		for (const model of models) names.add(model.name);
	}
	return [...names];
}

/** `[holder].ai_languageModel[0][0].json` of a run. */
function jsonAt(run: unknown, holder: 'data' | 'inputOverride'): JsonObject | null {
	const data = isObject(run) ? run[holder] : undefined;
	const list: unknown = isObject(data) ? data.ai_languageModel : undefined;
	const items: unknown = Array.isArray(list) ? list[0] : undefined;
	const item: unknown = Array.isArray(items) ? items[0] : undefined;
	return isObject(item) && isObject(item.json) ? item.json : null;
}
