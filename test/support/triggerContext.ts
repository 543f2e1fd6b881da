import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { INodeParameters, ITriggerFunctions } from 'n8n-workflow';
import { closeConnections } from '../../nodes/shared/n8n/connections';
import { ownFolder } from './ownFolder';

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

/** Gives the triggers of a test file a folder of their own, and closes after each test what it opened: what is put into the list. */
export function inTriggerFolder(): Array<() => Promise<void>> {
	const closers: Array<() => Promise<void>> = [];
	beforeAll(() => {
		process.env.N8N_USER_FOLDER = ownFolder('trigger');
	});
	afterEach(async () => {
		for (const close of closers.splice(0)) await close();
	});
	afterAll(() => {
		closeConnections();
		delete process.env.N8N_USER_FOLDER;
	});
	return closers;
}
