import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import type { ChatAnswer } from './chatAnswer';

/** Which turns of a conversation are cached; `finalAnswers` leaves out what tools had a part in. */
export type CachedTurns = 'finalAnswers' | 'all';

/** Undefined where the turn may be looked up, else why not. */
export function refusedTurn(request: JsonObject, turns: CachedTurns): string | undefined {
	for (const name of ['conversation', 'previous_response_id', 'container']) {
		if (given(request[name])) return `the provider keeps the conversation (${name})`;
	}
	if (Number(request.n ?? 1) > 1) return 'several answers are asked for (n)';
	const tool =
		builtInTool(request.tools) ?? (given(request.mcp_servers) ? 'mcp_servers' : undefined);
	if (tool) return `the provider's own tool ${tool} may answer differently each time`;
	if (asksForMedia(request)) return 'images or audio are asked for';
	if (turns === 'finalAnswers' && hasToolResults(request.messages)) {
		return 'the turn has tool results, and only final answers without them are cached';
	}
	return undefined;
}

/** Undefined where the answer may be stored, else why not; what the admission rules say comes on top. */
export function refusedAnswer(
	answer: ChatAnswer,
	request: JsonObject,
	turns: CachedTurns,
): string | undefined {
	if (answer.streamed && answer.record.finish_reason === null && !endsWithUsage(answer, request)) {
		return 'the stream ended without a finish reason';
	}
	if (answer.invalidToolCalls > 0) return 'the answer has invalid tool calls';
	if (answer.media) return 'the answer has images or audio';
	if (
		turns === 'finalAnswers' &&
		answer.record.message.tool_calls.some((call) => !isAnswer(call.name, request))
	) {
		return 'the answer calls tools, and only final answers are cached';
	}
	return undefined;
}

/**
 * LangChain drops Mistral's finish reason from streams; the usage, which Mistral sends in the same last event, is kept
 * (@langchain/mistralai 1.x, 2026-11). An answer as long as its limit may have been cut.
 */
function endsWithUsage({ record }: ChatAnswer, request: JsonObject): boolean {
	if (!/^mistral/.test(String(request.provider))) return false;
	const output = record.usage?.output_tokens;
	if (typeof output !== 'number') return false;
	const limit = request.maxTokens ?? request.max_tokens;
	return typeof limit !== 'number' || limit <= 0 || output < limit;
}

/** The tool by which n8n's agents ask for a structured answer. */
const FORMAT_TOOL = 'format_final_json_response';

/** A call of a tool the request demands is no action: it is how structured answers are given. */
function isAnswer(name: string, request: JsonObject): boolean {
	if (name === FORMAT_TOOL) return true;
	const choice = JSON.stringify([
		request.tool_choice ?? request.toolChoice ?? null,
		request.toolConfig ?? null,
		request.allowed_function_names ?? null,
	]);
	return choice.includes(JSON.stringify(name));
}

function given(value: Json | undefined): boolean {
	if (value === undefined || value === null || value === '') return false;
	return !(Array.isArray(value) && value.length === 0);
}

/** Name of a tool that the provider runs itself: OpenAI, Anthropic, Gemini, OpenRouter (2026-11). */
function builtInTool(tools: Json | undefined): string | undefined {
	if (!Array.isArray(tools)) return undefined;
	for (const tool of tools) {
		if (!isJsonObject(tool)) continue;
		if (typeof tool.type === 'string' && !['function', 'custom'].includes(tool.type))
			return tool.type;
		const own = Object.keys(tool).find((name) =>
			/^(google|code|url|enterprise|file)[A-Z_]/.test(name),
		);
		if (own && tool.name === undefined) return own;
	}
	return undefined;
}

function asksForMedia(request: JsonObject): boolean {
	const wanted = [request.modalities, request.response_modalities, request.responseModalities];
	return given(request.audio) || /image|audio/i.test(JSON.stringify(wanted));
}

function hasToolResults(messages: Json | undefined): boolean {
	if (!Array.isArray(messages)) return false;
	for (const message of [...messages].reverse()) {
		if (!isJsonObject(message)) continue;
		const { role, content } = message;
		if (role === 'tool' || role === 'function') return true;
		const blocks = Array.isArray(content) ? content : [];
		if (blocks.some((block) => isJsonObject(block) && block.type === 'tool_result')) return true;
		if (role === 'user') return false;
	}
	return false;
}
