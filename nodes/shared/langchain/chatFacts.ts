import type { GenerationFacts } from '../core/chat/chatAnswer';
import type { MessageFacts } from '../core/chat/chatMessages';
import { chatMessages } from '../core/chat/chatMessages';
import type { ModelFacts } from '../core/chat/modelIdentity';
import { chatRequest } from '../core/chat/modelIdentity';
import type { JsonObject } from '../core/json';
import type { CallOptions, ChatModel, Generation, LangChainMessage } from './chatModelShape';

/** The request of a call as it enters the key. */
export function requestOf(
	model: ChatModel,
	messages: LangChainMessage[],
	options: CallOptions,
): JsonObject {
	return chatRequest(modelFacts(model, options), chatMessages(messages.map(messageFacts)));
}

function modelFacts(model: ChatModel, options: CallOptions): ModelFacts {
	const json = model.toJSON();
	return {
		type: model._llmType(),
		model: firstText(model.model, model.modelName),
		baseUrl: firstText(
			model.clientConfig?.baseURL,
			model.baseUrl,
			model.baseURL,
			model.apiUrl,
			model.serverURL,
			model.endpoint,
		),
		invocation: model.invocationParams?.(options) ?? {},
		settings: json.type === 'constructor' ? (json.kwargs ?? {}) : {},
		call: options,
	};
}

/** The name of the model a call goes to, where it says. */
export function modelNameOf(model: ChatModel): string | undefined {
	return firstText(model.model, model.modelName);
}

function firstText(...values: unknown[]): string | undefined {
	return values.find((value): value is string => typeof value === 'string' && value !== '');
}

export function messageFacts(message: LangChainMessage): MessageFacts {
	const type = message.getType?.() ?? message._getType?.() ?? 'human';
	return {
		type: type === 'generic' ? (message.role ?? type) : type,
		content: message.content,
		name: message.name,
		toolCallId: message.tool_call_id,
		toolCalls: message.tool_calls,
	};
}

export function generationFacts(
	{ text, message, generationInfo }: Generation,
	llmOutput: Record<string, unknown> | undefined,
): GenerationFacts {
	return {
		text: text ?? '',
		content: message.content,
		toolCalls: message.tool_calls ?? [],
		invalidToolCalls: message.invalid_tool_calls?.length ?? 0,
		additional: message.additional_kwargs ?? {},
		responseMetadata: message.response_metadata ?? {},
		generationInfo: generationInfo ?? {},
		usage: message.usage_metadata ?? usageOfOutput(llmOutput),
		name: message.name,
	};
}

/** Some models tell their tokens only beside the message. */
function usageOfOutput(
	output: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
	const { promptTokens, completionTokens } = (output?.tokenUsage ?? {}) as Record<string, unknown>;
	if (typeof promptTokens !== 'number' || typeof completionTokens !== 'number') return undefined;
	return {
		input_tokens: promptTokens,
		output_tokens: completionTokens,
		total_tokens: promptTokens + completionTokens,
	};
}
