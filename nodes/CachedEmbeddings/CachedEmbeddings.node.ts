import {
	NodeConnectionTypes,
	type INodeType,
	type ISupplyDataFunctions,
	type SupplyData,
} from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import {
	cacheEmbeddings,
	isEmbeddings,
	type EmbedCached,
} from '../shared/langchain/cacheEmbeddings';
import { openBackend } from '../shared/n8n/backend';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { embedCached } from '../shared/services/embeddingCache';
import { description } from './CachedEmbeddings.description';
import { embeddingSettings } from './embeddingSettings';

export class CachedEmbeddings implements INodeType {
	description = description;

	async supplyData(this: ISupplyDataFunctions, itemIndex: number): Promise<SupplyData> {
		const type = NodeConnectionTypes.AiEmbedding;
		try {
			const supplied: unknown = await this.getInputConnectionData(type, itemIndex);
			const embeddings: unknown = Array.isArray(supplied) ? supplied[0] : supplied;
			if (!isEmbeddings(embeddings)) {
				throw new ConfigError(
					'What is connected is not an embeddings model',
					'Embeddings',
					'Connect an Embeddings sub-node, such as Embeddings OpenAI or Embeddings Ollama.',
				);
			}
			const settings = embeddingSettings(this, itemIndex);
			const embed: EmbedCached = async (texts, kind, model, compute) => {
				const input = kind === 'query' ? { query: texts[0] } : { documents: texts };
				const { index } = this.addInputData(type, [[{ json: input }]]);
				try {
					const open = () => openBackend(this);
					const embedded = await embedCached(texts, kind, model, compute, settings, open);
					const { hits, computed, reasons, vectors } = embedded;
					const cache = { hits, computed, reasons, namespace: settings.namespace };
					const response = { vectors: vectors.length, dimensions: vectors[0]?.length ?? 0 };
					this.addOutputData(type, index, [[{ json: { response, cache } }]]);
					return embedded;
				} catch (error) {
					this.addOutputData(type, index, toNodeError(this.getNode(), error));
					throw error;
				}
			};
			return { response: cacheEmbeddings(embeddings, embed) };
		} catch (error) {
			throw toNodeError(this.getNode(), error, itemIndex);
		}
	}
}
