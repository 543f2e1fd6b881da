/**
 * The parts of LangChain that caching a chat model touches, by their shape: n8n brings its own copy of
 * @langchain/core (0.3 to 1.x), so nothing here is imported from it, and nothing relies on `instanceof`.
 */
export interface LangChainMessage {
	content: unknown;
	name?: string;
	tool_call_id?: string;
	tool_calls?: Array<{ id?: string; name: string; args: unknown }>;
	invalid_tool_calls?: unknown[];
	additional_kwargs?: Record<string, unknown>;
	response_metadata?: Record<string, unknown>;
	usage_metadata?: Record<string, unknown>;
	role?: string;
	getType?(): string;
	_getType?(): string;
}

export interface Generation {
	text: string;
	message: LangChainMessage;
	generationInfo?: Record<string, unknown>;
}

export interface GenerationChunk extends Generation {
	concat(chunk: GenerationChunk): GenerationChunk;
}

export interface ChatResult {
	generations: Generation[];
	llmOutput?: Record<string, unknown>;
}

export type CallOptions = Record<string, unknown> & { signal?: AbortSignal };

export interface RunManager {
	handleLLMNewToken(
		token: string,
		index?: { prompt: number; completion: number },
		runId?: string,
		parentRunId?: string,
		tags?: string[],
		fields?: { chunk: GenerationChunk },
	): Promise<void>;
}

export interface ChatModel {
	_generate(
		messages: LangChainMessage[],
		options: CallOptions,
		runManager?: RunManager,
	): Promise<ChatResult>;
	_streamResponseChunks(
		messages: LangChainMessage[],
		options: CallOptions,
		runManager?: RunManager,
	): AsyncGenerator<GenerationChunk>;
	_streamChatModelEvents?: unknown;
	_llmType(): string;
	invocationParams?(options: CallOptions): Record<string, unknown>;
	toJSON(): { type?: string; kwargs?: Record<string, unknown> };
	callbacks?: unknown;
	lc_namespace: string[];
	model?: unknown;
	modelName?: unknown;
	clientConfig?: { baseURL?: unknown };
	baseUrl?: unknown;
	baseURL?: unknown;
	apiUrl?: unknown;
	serverURL?: unknown;
	endpoint?: unknown;
}

/** True for a LangChain chat model of any copy and version. */
export function isChatModel(value: unknown): value is ChatModel {
	if (typeof value !== 'object' || value === null) return false;
	const { _generate, lc_namespace: namespace } = value as Partial<ChatModel>;
	return (
		typeof _generate === 'function' && Array.isArray(namespace) && namespace.includes('chat_models')
	);
}
