import type { ISupplyDataFunctions } from 'n8n-workflow';
import { semanticQuestion } from '../shared/core/semantic/partition';
import { systemClock } from '../shared/drivers/systemClock';
import { loadSemanticTables } from '../shared/drivers/tables/embeddingTable';
import type { AttachedModel } from '../shared/n8n/attachedModel';
import type { Connection } from '../shared/n8n/connections';
import { replyJudge } from '../shared/n8n/replyJudge';
import { semanticDeps, semanticSettings, type SemanticOptions } from '../shared/n8n/semantic';
import type { ChatCacheSettings } from '../shared/services/chatTurn';
import { semanticLookup } from '../shared/services/semanticLookup';
import { indexStored } from '../shared/services/semanticStore';

/**
 * Looks turns up by meaning, as Cache Lookup does: the last turn of the user inside a frame of everything else, so that
 * system prompt, tools, model and earlier turns must be the very same. Undefined where the node matches exactly only.
 */
export function nearAnswers(
	ctx: ISupplyDataFunctions,
	itemIndex: number,
	settings: ChatCacheSettings,
	connect: () => Promise<Connection>,
	judging: AttachedModel | undefined,
): ChatCacheSettings['near'] {
	if (ctx.getNodeParameter('match', itemIndex, 'exact') !== 'semantic') return undefined;
	const options = ctx.getNodeParameter('semantic', itemIndex, {}) as SemanticOptions;
	const { namespace, keyVersion, ignoreFields, control } = settings;
	const { scope = '' } = options;
	const judge = judging && replyJudge(async () => judging, systemClock);
	return async (request, placeOnly) => {
		const connection = await connect();
		const deps = await semanticDeps(ctx, connection, options);
		const embedderId = deps.embedder.id;
		const bounds = { namespace, keyVersion, ignoreFields, scope, embedderId };
		const question = semanticQuestion(request, bounds);
		if (!question) return undefined;
		const { timeoutMs } = settings.lookup;
		const how = semanticSettings(options, timeoutMs, connection.encryptionKeys);
		const [found] = await semanticLookup([{ namespace, control, question, placeOnly }], how, deps);
		if (!found) return undefined;
		return {
			served: found.hit ? found : undefined,
			reasons: found.reasons,
			mark: found.place,
			remember: (stored, outcome) =>
				indexStored([{ ...stored, semantic: found.place }], [outcome], {
					...connection,
					tables: loadSemanticTables,
					judge,
				}),
		};
	};
}
