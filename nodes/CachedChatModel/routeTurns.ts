import type { ISupplyDataFunctions } from 'n8n-workflow';
import { jsonAskedFor } from '../shared/core/answer/jsonDemand';
import { chatFaults } from '../shared/core/cascade/checkChatAnswer';
import { ConfigError } from '../shared/core/errors';
import type { ChatRecord } from '../shared/core/chat/chatAnswer';
import type { JsonObject } from '../shared/core/json';
import { loadClassifier } from '../shared/drivers/tables/classifierWeights';
import type { AnswerCheck, CacheHooks } from '../shared/langchain/cacheChatModel';
import type { ChatModel } from '../shared/langchain/chatModelShape';
import type { HostClasses } from '../shared/langchain/hostClasses';
import type { Route } from '../shared/langchain/modelCall';
import { readAnswerChecks } from '../shared/n8n/answerChecks';
import { smallModel } from '../shared/langchain/smallModel';
import {
	chooseModel,
	createConversationMemory,
	rememberChoice,
	type ConversationMemory,
} from '../shared/services/chooseModel';

export interface Routing {
	small: NonNullable<CacheHooks['small']>;
	remember(request: JsonObject, record: ChatRecord, route: Route): void;
}

/** Shared by all workflows of this process: what tells conversations apart is what was said in them. */
let memory: ConversationMemory | undefined;

/** Lets the task classifier choose between the two connected models; throws ConfigError. */
export function routeTurns(
	ctx: ISupplyDataFunctions,
	itemIndex: number,
	model: ChatModel,
	host: HostClasses,
): Routing | undefined {
	const callable = smallModel(model, host);
	if (!callable) return undefined;
	const kept = (memory ??= createConversationMemory());
	const costQuality = ctx.getNodeParameter('costQuality', itemIndex, 0.5) as number;
	if (!(costQuality >= 0 && costQuality <= 1)) {
		throw new ConfigError(
			`"Cost or Quality" is ${JSON.stringify(costQuality)}`,
			'Cost or Quality',
			'Give a number from 0 to 1.',
		);
	}
	const { maxSmallModelTokens } = ctx.getNodeParameter('options', itemIndex, {}) as {
		maxSmallModelTokens?: number;
	};
	const classifier = loadClassifier();
	const options = { costQuality, maxSmallModelTokens };
	return {
		small: {
			model: callable,
			choose: (request) => chooseModel(request, classifier, options, kept),
			check: answerCheck(ctx, itemIndex),
		},
		remember(request, { text, message }, { tier }) {
			const tools = message.tool_calls.map(({ name }) => name);
			rememberChoice(request, text, tools, tier, kept);
		},
	};
}

/** How answers of the small model are judged; undefined where the user lets them pass. */
function answerCheck(ctx: ISupplyDataFunctions, itemIndex: number): AnswerCheck | undefined {
	if (ctx.getNodeParameter('checkSmallModel', itemIndex, false) !== true) return undefined;
	const values = ctx.getNodeParameter('checks', itemIndex, {}) as JsonObject;
	const checks = readAnswerChecks(values);
	return {
		checks: values,
		faults: (answer, request) =>
			chatFaults(answer, jsonAskedFor(request) ? readAnswerChecks(values, request) : checks),
	};
}
