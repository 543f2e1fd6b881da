import { beforeEach } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import type { CostField } from '../../nodes/shared/services/track';
import type { BudgetField } from '../../nodes/shared/services/budget';
import { nodeContext } from './nodeContext';
import { ownFolder } from './ownFolder';

let folder: string;
let executions = 0;
/** Gives each test of a file a storage folder of its own. */
export function inOwnFolders(): void {
	beforeEach(() => {
		folder = ownFolder('cost');
	});
}

export interface Run {
	operation: string;
	parameters?: IDataObject;
	jsons?: IDataObject[];
	/** By default every run is an execution of its own. */
	execution?: string;
	continueOnFail?: boolean;
	/** Run data by node name: of AI sub-nodes, and of Cache Lookup in a loop. */
	runData?: IDataObject;
	credentials?: IDataObject;
	/** What the item carried when Cache Lookup let it go, in the order of `jsons`. */
	upstream?: IDataObject[];
	customData?: Map<string, unknown>;
	/** Parameters whose expressions n8n cannot evaluate. */
	broken?: readonly string[];
}

export async function run({
	jsons = [{}],
	parameters = {},
	...rest
}: Run): Promise<INodeExecutionData[][]> {
	const context = nodeContext({
		folder,
		items: jsons.map((json) => ({ json })),
		continueOnFail: rest.continueOnFail,
		credentials: rest.credentials,
		upstream: rest.upstream?.map((json) => ({ json })),
		parameters: { operation: rest.operation, backend: 'embedded', ...parameters },
	});
	executions += 1;
	const evaluated = context.getNodeParameter.bind(context) as (...asked: unknown[]) => unknown;
	Object.assign(context, {
		getNodeParameter: (name: string, ...more: unknown[]) => {
			if (rest.broken?.includes(name)) throw new Error("Referenced node doesn't exist");
			return evaluated(name, ...more);
		},
		getExecutionId: () => rest.execution ?? `execution-${executions}`,
		runExecutionData: { resultData: { runData: rest.runData ?? {} } },
		getParentNodes: (_name: string, options?: { connectionType?: string }) =>
			options?.connectionType === 'ai_languageModel'
				? Object.keys(rest.runData ?? {}).map((name) => ({
						name,
						type: 'x.lmChat',
						disabled: false,
					}))
				: [
						{ name: 'AI Agent', type: 'x.agent', disabled: false },
						...(rest.upstream
							? [{ name: 'Cache Lookup', type: 'x.cacheLookup', disabled: false }]
							: []),
					],
		customData: rest.customData && {
			get: (key: string) => rest.customData?.get(key),
			set: (key: string, value: unknown) => rest.customData?.set(key, value),
		},
	});
	return await new CostTracker().execute.call(context);
}

export const reply = (
	model: string,
	prompt: number,
	completion: number,
	more: IDataObject = {},
): IDataObject => ({
	id: 'chatcmpl-1',
	object: 'chat.completion',
	model,
	choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
	usage: {
		prompt_tokens: prompt,
		completion_tokens: completion,
		total_tokens: prompt + completion,
		...more,
	},
});
export const cached = (tokens: number): IDataObject => ({
	prompt_tokens_details: { cached_tokens: tokens },
});

export const costOf = (item: INodeExecutionData | undefined): CostField =>
	item?.json.cost as unknown as CostField;
export const budgetOf = (item: INodeExecutionData | undefined): BudgetField =>
	item?.json.budget as unknown as BudgetField;

export async function summary(parameters: IDataObject = {}): Promise<IDataObject> {
	const [[item]] = (await run({ operation: 'report', parameters: { days: 2, ...parameters } })) as [
		[INodeExecutionData],
	];
	return item.json.report as IDataObject;
}
export const totals = async (): Promise<IDataObject> => (await summary()).totals as IDataObject;

/** A credential of a Redis that is not there. */
export const noRedis = {
	mode: 'standalone',
	host: '127.0.0.1',
	port: 1,
	user: '',
	password: '',
	database: 0,
	keyPrefix: 'pc:',
	encryptionKeys: '',
	tls: false,
};
