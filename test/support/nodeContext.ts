import { join } from 'node:path';
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ownFolder } from './ownFolder';

/** What a node sees of n8n when it is run alone: parameters, items, storage folder, credentials. */
export interface NodeRun {
	/** A function is an expression: the value for an item by its index. */
	parameters: Record<string, unknown>;
	items: INodeExecutionData[];
	folder?: string;
	continueOnFail?: boolean;
	credentials?: IDataObject;
	/** What is connected to an AI input. */
	connected?: unknown;
	/** Id of the execution. */
	execution?: string;
	/** Output of the nearest Cache Lookup, or node of `upstreamType`, in the order of `items`. */
	upstream?: INodeExecutionData[];
	upstreamType?: string;
	upstreamParameters?: IDataObject;
	/** Output of the node before that lookup, by the name `Source`. */
	source?: INodeExecutionData[];
	/** Nodes behind this one. */
	children?: Array<{ name: string; type: string; parameters?: IDataObject }>;
	/** Messages that the node shows to the user. */
	hints?: string[];
}

/**
 * A light stand-in for n8n's execution context, for tests of one node without a whole n8n; the end-to-end tests
 * run the same nodes in the real one. Parameters are plain values, as n8n gives them after expressions.
 */
export function nodeContext(run: NodeRun): IExecuteFunctions {
	const { parameters, items, continueOnFail = false, upstream, upstreamType = 'cacheLookup' } = run;
	const folder = run.folder ?? ownFolder('node');
	const node = {
		id: '1',
		name: 'Node under test',
		type: 'test',
		typeVersion: 1,
		position: [0, 0],
		parameters: Object.fromEntries(
			Object.entries(parameters).map(([name, value]) => [
				name,
				typeof value === 'function' ? '={{ an expression }}' : value,
			]),
		),
	};
	const context = {
		getNode: () => node,
		getInstanceId: () => 'instance',
		getExecutionId: () => run.execution,
		getWorkflow: () => ({ id: '1', name: 'Support desk', active: false }),
		getInputData: () => items,
		getNodeParameter: (name: string, index: number, fallback?: unknown) => {
			const value = name in parameters ? parameters[name] : fallback;
			return typeof value === 'function' ? (value as (index: number) => unknown)(index) : value;
		},
		continueOnFail: () => continueOnFail,
		getCredentials: async () => run.credentials ?? {},
		getInputConnectionData: async () => run.connected,
		getParentNodes: () =>
			upstream
				? [
						{
							name: 'Upstream',
							type: `x.${upstreamType}`,
							disabled: false,
							parameters: run.upstreamParameters,
						},
					]
				: [],
		getChildNodes: () => run.children ?? [],
		getInputSourceData: () => ({ previousNode: 'Source' }),
		getWorkflowDataProxy: (index: number) => ({
			$: (name: string) => {
				if (name !== 'Source') return { item: upstream?.[index] };
				if (!run.source) throw new Error(`Node '${name}' hasn't been executed`);
				return { all: () => run.source };
			},
		}),
		addExecutionHints: (...hints: Array<{ message: string }>) =>
			run.hints?.push(...hints.map(({ message }) => message)),
		logger: { info: () => undefined, warn: () => undefined },
		helpers: {
			getStoragePath: () => join(folder, 'node-type'),
			getBinaryDataBuffer: async (index: number, name: string) =>
				Buffer.from(items[index]?.binary?.[name]?.data ?? '', 'base64'),
			prepareBinaryData: async (data: Buffer, fileName?: string, mimeType?: string) => ({
				data: data.toString('base64'),
				fileName,
				mimeType,
			}),
		},
	};
	return context as unknown as IExecuteFunctions;
}
