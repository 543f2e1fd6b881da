import {
	NodeConnectionTypes,
	type INodeType,
	type ISupplyDataFunctions,
	type SupplyData,
} from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { cacheChatModel } from '../shared/langchain/cacheChatModel';
import { takeTracers } from '../shared/langchain/callTracers';
import { isChatModel, type ChatModel } from '../shared/langchain/chatModelShape';
import { hostClasses } from '../shared/langchain/hostClasses';
import { markPrompt } from '../shared/langchain/markPrompt';
import { isAttachedModel, type AttachedModel } from '../shared/n8n/attachedModel';
import { openBackend } from '../shared/n8n/backend';
import { toNodeError } from '../shared/n8n/nodeErrors';
import type { SemanticOptions } from '../shared/n8n/semantic';
import { usageToStore } from '../shared/n8n/storedUsage';
import { createChatCache } from '../shared/services/chatCache';
import type { ChatCacheSettings } from '../shared/services/chatTurn';
import { description } from './CachedChatModel.description';
import { chatSettings } from './chatSettings';
import { nearAnswers } from './nearAnswers';
import { routeTurns } from './routeTurns';
import { beginTurn, paidReply } from './turnLog';

export class CachedChatModel implements INodeType {
	description = description;

	async supplyData(this: ISupplyDataFunctions, itemIndex: number): Promise<SupplyData> {
		try {
			const { model, small, judge } = await connectedModels(this, itemIndex);
			const { cache: settings, bookCosts, providerCache } = chatSettings(this, itemIndex);
			const connect = () => openBackend(this);
			const host = hostClasses();
			// Its calls are no turns of the conversation: they are told and booked with the turn they are about.
			if (judge) takeTracers(judge, host);
			const near = nearAnswers(this, itemIndex, settings, connect, judge);
			const routing = small && routeTurns(this, itemIndex, small, host);
			const log = {
				namespace: settings.namespace,
				tags: settings.tags,
				ledger: bookCosts ? connect : undefined,
				answered: routing?.remember ?? (() => undefined),
			};
			const response = cacheChatModel(model, {
				host,
				ask: createChatCache({ ...settings, near, paid }, connect, Date.now).ask,
				begin: (request, route) => beginTurn(this, log, request, route),
				small: routing?.small,
				mark:
					providerCache === 'off'
						? undefined
						: (called, messages, options) => markPrompt(called, messages, options, providerCache),
			});
			return { response };
		} catch (error) {
			throw toNodeError(this.getNode(), error, itemIndex);
		}
	}
}

/** Kept beside the answer, so that a hit can tell what it saves. */
const paid: ChatCacheSettings['paid'] = (record, model) =>
	usageToStore(paidReply(record), record.escalated?.model ?? model, Date.now());

/**
 * n8n gives several connected sub-nodes last first. Where a judge is wanted it is the last of them: its input is then
 * required, and n8n refuses to run the node while nothing is connected there (1.123 and 2.41, November 2026).
 */
async function connectedModels(
	ctx: ISupplyDataFunctions,
	itemIndex: number,
): Promise<{ model: ChatModel; small?: ChatModel; judge?: ChatModel & AttachedModel }> {
	const supplied: unknown = await ctx.getInputConnectionData(
		NodeConnectionTypes.AiLanguageModel,
		itemIndex,
	);
	const models: unknown[] = Array.isArray(supplied) ? [...supplied].reverse() : [supplied];
	const judge = models.length > 1 && wantsJudge(ctx, itemIndex) ? models.pop() : undefined;
	const [model, small] = models;
	if (!isChatModel(model) || (small !== undefined && !isChatModel(small))) {
		throw new ConfigError(
			'What is connected is not a chat model',
			isChatModel(model) ? 'Small Model' : 'Model',
			'Connect a chat model sub-node, such as OpenAI Chat Model or Ollama Chat Model.',
		);
	}
	return { model, small, judge: isChatModel(judge) && isAttachedModel(judge) ? judge : undefined };
}

function wantsJudge(ctx: ISupplyDataFunctions, itemIndex: number): boolean {
	if (ctx.getNodeParameter('match', itemIndex, 'exact') !== 'semantic') return false;
	const { labelBy } = ctx.getNodeParameter('semantic', itemIndex, {}) as SemanticOptions;
	return labelBy === 'judge';
}
