import {
	NodeConnectionTypes,
	type INodeType,
	type ISupplyDataFunctions,
	type SupplyData,
} from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { cacheChatModel } from '../shared/langchain/cacheChatModel';
import { isChatModel } from '../shared/langchain/chatModelShape';
import { hostClasses } from '../shared/langchain/hostClasses';
import { openBackend } from '../shared/n8n/backend';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { createChatCache } from '../shared/services/chatCache';
import { description } from './CachedChatModel.description';
import { chatSettings } from './chatSettings';
import { beginTurn } from './turnLog';

export class CachedChatModel implements INodeType {
	description = description;

	async supplyData(this: ISupplyDataFunctions, itemIndex: number): Promise<SupplyData> {
		const model: unknown = await this.getInputConnectionData(
			NodeConnectionTypes.AiLanguageModel,
			itemIndex,
		);
		try {
			if (!isChatModel(model)) {
				throw new ConfigError(
					'What is connected is not a chat model',
					'Model',
					'Connect a chat model sub-node, such as OpenAI Chat Model or Ollama Chat Model.',
				);
			}
			const settings = chatSettings(this, itemIndex);
			const cache = createChatCache(settings, () => openBackend(this), Date.now);
			const response = cacheChatModel(model, {
				host: hostClasses(),
				ask: cache.ask,
				begin: (_model, _messages, request) => beginTurn(this, settings.namespace, request),
			});
			return { response };
		} catch (error) {
			throw toNodeError(this.getNode(), error, itemIndex);
		}
	}
}
