import type { INodeParameters, ITriggerFunctions } from 'n8n-workflow';

export const KEY = 'a-key-for-tests';

/** What n8n hands an LLM Endpoint Trigger that listens on a port, with the nodes of types `below` after it. */
export function context(
	parameters: Record<string, unknown>,
	below: string[] = [],
	belowParameters: INodeParameters = {},
): ITriggerFunctions {
	const all: Record<string, unknown> = {
		listen: 'port',
		protocol: 'openAi',
		path: 'llm',
		keys: { key: [{ key: KEY, name: 'tester', namespace: 'tests' }] },
		...parameters,
	};
	return {
		getNodeParameter: (name: string, fallback?: unknown) => all[name] ?? fallback,
		getWorkflow: () => ({ id: 'w', name: 'Test' }),
		getNode: () => ({ id: 'n', name: 'Endpoint' }),
		getChildNodes: () =>
			below.map((type) => ({ name: type, type, disabled: false, parameters: belowParameters })),
	} as unknown as ITriggerFunctions;
}
