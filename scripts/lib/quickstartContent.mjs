/** What quickstart brings into its n8n: credentials, and the shipped templates fitted to them. */
import { readTemplates } from './templates/files.mjs';
import { fitTemplate, stableId } from './templates/fit.mjs';
import { packageNodes } from './templates/graph.mjs';

const OLLAMA = 'http://127.0.0.1:11434';
const OPENAI = 'https://api.openai.com/v1';

function credentialsFor({ apiKey, settings }, secret) {
	const credential = (type, name, data) => ({
		id: stableId(`quickstart ${type}`),
		name,
		type,
		data,
	});
	const { largeModelUrl, smallModelUrl = OLLAMA } = settings;
	return [
		credential('httpHeaderAuth', 'Gateway key', { name: 'x-api-key', value: secret }),
		credential('httpBasicAuth', 'Dashboard', { user: 'owner', password: secret }),
		credential('openAiApi', 'OpenAI-compatible API', {
			apiKey,
			url: largeModelUrl ?? OPENAI,
		}),
		credential('ollamaApi', 'Ollama', { baseUrl: smallModelUrl }),
	];
}

/** Answers of a stand-in must never be served once there is a real model. */
function keepApart(workflow, namespace) {
	for (const node of packageNodes(workflow)) {
		if (node.type.endsWith('.cacheLookup')) node.parameters.namespace ??= namespace;
	}
}

/** Points every variable that holds a default address to the provider that quickstart uses. */
function readdress(workflow, { largeModelUrl = OPENAI, smallModelUrl = OLLAMA }) {
	const assignments = workflow.nodes.flatMap(
		({ parameters }) => parameters.assignments?.assignments ?? [],
	);
	for (const assignment of assignments) {
		if (typeof assignment.value !== 'string') continue;
		if (assignment.value === OPENAI) assignment.value = largeModelUrl;
		else if (assignment.value.startsWith(OLLAMA)) {
			assignment.value = smallModelUrl + assignment.value.slice(OLLAMA.length);
		}
	}
}

const runsBySchedule = ({ nodes }) => nodes.some(({ type }) => type.endsWith('.scheduleTrigger'));

/**
 * `{ credentials, templates }`; a template is `{ file, workflow, unpublished }`, where `unpublished`
 * says why it is imported but not switched on, or is undefined.
 */
export function quickstartContent(providers, secret) {
	const credentials = credentialsFor(providers, secret);
	const byType = Object.fromEntries(credentials.map(({ id, name, type }) => [type, { id, name }]));
	const templates = readTemplates().map(({ file, workflow: template }) => {
		const { workflow, missing } = fitTemplate(template, {
			id: stableId(`quickstart ${file}`),
			credentials: byType,
			settings: providers.settings,
			change: (copy) => {
				keepApart(copy, providers.namespace);
				readdress(copy, providers.settings);
			},
		});
		const unpublished =
			missing.length > 0
				? `needs a credential of type ${missing.join(', ')}`
				: runsBySchedule(workflow)
					? 'runs by a schedule, which may cost money'
					: undefined;
		return { file, workflow, unpublished };
	});
	return { credentials, templates };
}
