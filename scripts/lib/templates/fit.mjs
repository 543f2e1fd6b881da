/** Turns a shipped template into a workflow that one n8n can import: ids, credentials, settings. */
import crypto from 'node:crypto';
import { PACKAGE_PREFIX, packageNodes } from './graph.mjs';

/** Credential types of nodes that do not name their type in a parameter. */
const BY_NODE_TYPE = {
	'n8n-nodes-base.emailSend': 'smtp',
	'@n8n/n8n-nodes-langchain.lmChatOpenAi': 'openAiApi',
	'@n8n/n8n-nodes-langchain.embeddingsOpenAi': 'openAiApi',
	'@n8n/n8n-nodes-langchain.lmChatAnthropic': 'anthropicApi',
	'@n8n/n8n-nodes-langchain.lmChatOllama': 'ollamaApi',
	'@n8n/n8n-nodes-langchain.embeddingsOllama': 'ollamaApi',
};

/** The credential type a node needs to work, or undefined. */
export function credentialTypeOf({ type, parameters }) {
	if (type.startsWith(PACKAGE_PREFIX)) {
		return parameters.backend === 'redis' ? 'promptCacheRedisApi' : undefined;
	}
	switch (parameters.authentication) {
		case 'headerAuth':
			return 'httpHeaderAuth';
		case 'basicAuth':
			return 'httpBasicAuth';
		case 'predefinedCredentialType':
			return parameters.nodeCredentialType;
		case 'genericCredentialType':
			return parameters.genericAuthType;
		default:
			return BY_NODE_TYPE[type];
	}
}

/** A stable id of the form n8n uses (16 letters and digits). */
export const stableId = (text) =>
	crypto.createHash('sha256').update(text).digest('hex').slice(0, 16);

function withSettings(node, settings) {
	const list = node.parameters.assignments?.assignments;
	if (node.type !== 'n8n-nodes-base.set' || !list) return;
	for (const assignment of list) {
		if (settings[assignment.name] !== undefined) assignment.value = settings[assignment.name];
	}
}

/**
 * A copy of the template, ready for `import:workflow`.
 * `credentials`: `{ type: { id, name } }`; `settings`: new values for the variables in its Set
 * nodes, by name; `backend`: for every node of this package that takes one; `change(workflow)`:
 * anything else. `missing` lists credential types that were needed and not given.
 */
export function fitTemplate(template, { id, credentials, settings = {}, backend, change }) {
	const workflow = structuredClone(template);
	const missing = new Set();
	if (backend) for (const node of packageNodes(workflow)) node.parameters.backend = backend;
	change?.(workflow);
	for (const node of workflow.nodes) {
		withSettings(node, settings);
		const type = credentialTypeOf(node);
		if (type && credentials[type]) node.credentials = { [type]: credentials[type] };
		else if (type) missing.add(type);
	}
	return { workflow: { ...workflow, id }, missing: [...missing] };
}
