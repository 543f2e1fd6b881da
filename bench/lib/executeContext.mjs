import 'reflect-metadata';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The context that n8n-core gives a node's `execute`, over a workflow of this one node: real parameter reading,
 * real helpers; only credentials come from the argument instead of n8n's database.
 */
export async function executeContext(nodeType, { parameters, items, credentials }) {
	const { ExecuteContext } = require('n8n-core');
	const { Workflow, NodeHelpers } = require('n8n-workflow');
	const bare = {
		id: '1',
		name: 'Node',
		type: `n8n-nodes-prompt-cache.${nodeType.description.name}`,
		typeVersion: 1,
		position: [0, 0],
		parameters,
	};
	const full = NodeHelpers.getNodeParameters(
		nodeType.description.properties,
		parameters,
		true,
		false,
		bare,
		nodeType.description,
	);
	const node = { ...bare, parameters: full ?? parameters };
	const nodeTypes = {
		getByName: () => nodeType,
		getByNameAndVersion: () => nodeType,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({
		id: 'w',
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes,
	});
	const runExecutionData = {
		resultData: { runData: {} },
		executionData: { contextData: {}, nodeExecutionStack: [], metadata: {}, waitingExecution: {} },
	};
	const inputData = { main: [items] };
	const executeData = { node, data: inputData, source: null };
	const context = new ExecuteContext(
		workflow,
		node,
		{},
		'trigger',
		runExecutionData,
		0,
		items,
		inputData,
		executeData,
		[],
	);
	context.getCredentials = async () => credentials;
	return context;
}
