/** Workflows with n8n's own AI nodes over a Cached Chat Model, each behind a webhook of its name. */
import type { Workflow, WorkflowNode } from '../../scripts/lib/templates/fit.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { byId, PROVIDERS, type Parameters, type ProviderName } from './aiProviders';

type Credentials = WorkflowNode['credentials'];

const AI = '@n8n/n8n-nodes-langchain.';
const PACKAGE = 'n8n-nodes-prompt-cache.';

interface Link {
	from: string;
	to: string;
	kind?: string;
	input?: number;
}

export interface AiWorkflowOptions {
	route: string;
	/** n8n's tool that uses the model. */
	root: { type: string; version: number; parameters: Parameters };
	/** None for a root that only embeds. */
	model?: ProviderName;
	smallModel?: ProviderName;
	/** Compares answers, for semantic matching. */
	judge?: ProviderName;
	cache?: Parameters;
	/** Instead of those of the provider. */
	modelParameters?: Parameters;
	credentials: Record<string, { id: string; name: string }>;
	/** Further sub-nodes of the root, with the kind of their connection. */
	parts?: Array<{
		name: string;
		type: string;
		version: number;
		parameters: Parameters;
		kind: string;
		credential?: string;
		of?: string;
	}>;
	webhook?: Parameters;
	/** Splits the field `items` of the body into items first. */
	batch?: boolean;
	backend: string;
}

/** Webhook -> (Split Out) -> root, with the root's model behind a Cached Chat Model. */
export function aiWorkflow(options: AiWorkflowOptions): Workflow {
	const { route, root, credentials, backend, parts = [], batch } = options;
	const nodes: WorkflowNode[] = [];
	const links: Link[] = [];
	const named = (type: string | undefined): Credentials =>
		type && credentials[type] ? { [type]: credentials[type] } : undefined;
	const add = (
		name: string,
		type: string,
		typeVersion: number,
		parameters: Parameters,
		held?: Credentials,
	) => {
		const id = stableId(`${route} ${name}`);
		nodes.push({
			id,
			name,
			type,
			typeVersion,
			position: [nodes.length * 200, 0],
			parameters,
			credentials: held,
		});
	};
	add('Webhook', 'n8n-nodes-base.webhook', 2.1, {
		httpMethod: 'POST',
		path: route,
		responseMode: 'lastNode',
		options: {},
		...options.webhook,
	});
	nodes[0]!.webhookId = `ai-${route}`;
	if (batch) {
		add('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.items', options: {} });
		links.push({ from: 'Webhook', to: 'Split' });
	}
	const own = root.type.startsWith(PACKAGE);
	add(
		'Root',
		own ? root.type : AI + root.type,
		root.version,
		own ? { backend, ...root.parameters } : root.parameters,
		own && backend === 'redis' ? named('promptCacheRedisApi') : undefined,
	);
	links.push({ from: batch ? 'Split' : 'Webhook', to: 'Root' });
	// n8n answers with the last node that ran, which may be a tool: a node after the root settles it.
	add('Answer', 'n8n-nodes-base.noOp', 1, {});
	links.push({ from: 'Root', to: 'Answer' });
	if (options.model) addModels(options.model);
	for (const { name, type, version, parameters, kind, credential, of = 'Root' } of parts) {
		const own = type.startsWith(PACKAGE);
		const held = named(own && backend === 'redis' ? 'promptCacheRedisApi' : credential);
		const given = own ? { backend, namespace: route, ...parameters } : parameters;
		add(name, type.includes('.') ? type : AI + type, version, given, held);
		links.push({ from: name, to: of, kind });
	}
	return { id: stableId(`ai ${route}`), name: `AI ${route}`, nodes, connections: connect(links) };

	function addModels(model: ProviderName): void {
		add(
			'Cache',
			'n8n-nodes-prompt-cache.cachedChatModel',
			1,
			{ backend, namespace: route, ...options.cache },
			backend === 'redis' ? named('promptCacheRedisApi') : undefined,
		);
		links.push({ from: 'Cache', to: 'Root', kind: 'ai_languageModel' });
		const models = { Model: model, 'Small Model': options.smallModel, Judge: options.judge };
		Object.entries(models).forEach(([name, provider], input) => {
			if (!provider) return;
			const { type, version, parameters, credential } = PROVIDERS[provider];
			const given = { ...parameters, ...options.modelParameters };
			add(name, AI + type, version, given, named(credential));
			links.push({ from: name, to: 'Cache', kind: 'ai_languageModel', input });
		});
	}
}

function connect(links: Link[]): Workflow['connections'] {
	const connections: Record<string, Record<string, Array<Array<Record<string, unknown>>>>> = {};
	for (const { from, to, kind = 'main', input = 0 } of links) {
		((connections[from] ??= {})[kind] ??= [[]])[0]!.push({ node: to, type: kind, index: input });
	}
	return connections;
}

/** The newest agent of each n8n: 1.123 has none after 3, and refuses to activate what it does not know. */
export const AGENT = process.env.N8N_VERSION?.startsWith('1.') ? 3 : 3.1;

const text = '={{ $json.body ? $json.body.text : $json.text }}';

/** The parents that use a model, by name. */
export const ROOTS = {
	chain: {
		type: 'chainLlm',
		version: 1.7,
		parameters: { promptType: 'define', text, batching: {} },
	},
	structuredChain: {
		type: 'chainLlm',
		version: 1.7,
		parameters: { promptType: 'define', text, hasOutputParser: true, batching: {} },
	},
	agent: {
		type: 'agent',
		version: AGENT,
		parameters: { promptType: 'define', text, options: { enableStreaming: false } },
	},
	streamingAgent: {
		type: 'agent',
		version: AGENT,
		parameters: { promptType: 'define', text, options: { enableStreaming: true } },
	},
	oldAgent: {
		type: 'agent',
		version: 2.2,
		parameters: { promptType: 'define', text, options: { enableStreaming: false } },
	},
	structuredAgent: {
		type: 'agent',
		version: AGENT,
		parameters: {
			promptType: 'define',
			text,
			hasOutputParser: true,
			options: { enableStreaming: false },
		},
	},
	insert: {
		type: 'vectorStoreInMemory',
		version: 1.3,
		parameters: { mode: 'insert', memoryKey: byId('documents'), clearStore: true },
	},
	costReport: {
		type: `${PACKAGE}costTracker`,
		version: 1,
		parameters: { operation: 'report', filter: { workflow: '={{ $json.body.workflow }}' } },
	},
	questionAndAnswer: {
		type: 'chainRetrievalQa',
		version: 1.6,
		parameters: { promptType: 'define', text, options: {} },
	},
};

export const THINK_TOOL = {
	name: 'Think',
	type: 'toolThink',
	version: 1.1,
	parameters: {},
	kind: 'ai_tool',
};

export const PARSER = {
	name: 'Parser',
	type: 'outputParserStructured',
	version: 1.3,
	parameters: {
		schemaType: 'manual',
		inputSchema: JSON.stringify({
			type: 'object',
			properties: { answer: { type: 'string' } },
			required: ['answer'],
		}),
	},
	kind: 'ai_outputParser',
};

/** Remembers a conversation by the field `session` of the body. */
export const MEMORY = {
	name: 'Memory',
	type: 'memoryBufferWindow',
	version: 1.3,
	parameters: {
		sessionIdType: 'customKey',
		sessionKey: '={{ $("Webhook").first().json.body.session }}',
		contextWindowLength: 5,
	},
	kind: 'ai_memory',
};

/** OpenAI-compatible embeddings, connected to the node of a name. */
export const embeddingsOf = (of: string) => ({
	name: 'Embeddings',
	type: 'embeddingsOpenAi',
	version: 1.2,
	parameters: { model: 'text-embedding-3-small', options: {} },
	kind: 'ai_embedding',
	of,
	credential: 'openAiApi',
});

/** An in-memory vector store over embeddings that are cached. */
export function vectorStore(of: string): NonNullable<AiWorkflowOptions['parts']> {
	return [
		{
			name: 'Embedding Cache',
			type: `${PACKAGE}cachedEmbeddings`,
			version: 1,
			parameters: {},
			kind: 'ai_embedding',
			of,
		},
		embeddingsOf('Embedding Cache'),
	];
}
