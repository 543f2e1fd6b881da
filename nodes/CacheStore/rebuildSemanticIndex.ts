import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { openBackend } from '../shared/n8n/backend';
import { semanticDeps, type SemanticOptions } from '../shared/n8n/semantic';
import { rebuildIndex } from '../shared/services/rebuildIndex';

/** Operation `rebuildIndex`: prompts are found by meaning again as the entries say. */
export async function rebuildSemanticIndex(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const connection = await openBackend(ctx);
	const namespace = ctx.getNodeParameter('exportNamespace', 0, '') as string;
	const options = ctx.getNodeParameter('semantic', 0, {}) as SemanticOptions;
	const deps = await semanticDeps(ctx, connection, options);
	const report = await rebuildIndex(namespace || undefined, connection.encryptionKeys, deps);
	return [{ json: { ...report, index: deps.index.kind }, pairedItem: { item: 0 } }];
}
