import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { modelTag, userTag } from '../shared/core/freshness/invalidation';
import { requestKey } from '../shared/core/key/requestKey';
import { semanticQuestion } from '../shared/core/semantic/partition';
import { shadowReport } from '../shared/core/semantic/shadow';
import { openBackend } from '../shared/n8n/backend';
import type { Connection } from '../shared/n8n/connections';
import { failedItem } from '../shared/n8n/nodeErrors';
import { semanticDeps, type SemanticOptions } from '../shared/n8n/semantic';
import { readNumber } from '../shared/n8n/readNumber';
import { requestReader } from '../shared/n8n/readRequest';
import type { InvalidationTarget } from '../shared/ports/CacheStore';
import { invalidateNeighbours } from '../shared/services/invalidateNeighbours';
import { SHADOW_SUBJECT } from '../shared/services/semanticStore';
import { exportLines, importLines } from '../shared/services/transfer';
import { MOST_EXPORTED } from './manageProperties';

/** These are not on the path of a request: they may take their time. */
const TIMEOUT_MS = 60_000;
const COMPRESS_ABOVE_BYTES = 4096;

/** Operation `invalidate`: one invalidation an item. */
export async function invalidateItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const connection = await openBackend(ctx);
	const { store } = connection;
	const all: INodeExecutionData[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const namespace = String(ctx.getNodeParameter('namespace', index, 'default') || 'default');
			const target = await targetOf(ctx, item, index, namespace);
			const { invalidated } = await store.run(
				(live) => live.invalidate(namespace, target),
				TIMEOUT_MS,
			);
			const neighbours = await withNeighbours(ctx, connection, item, index, namespace);
			const json = { invalidated: invalidated + (neighbours ?? 0) };
			all.push({ json, pairedItem: { item: index } });
		} catch (error) {
			all.push(failedItem(ctx, error, index));
		}
	}
	return all;
}

/** A thumbs-down: what is near the request is invalidated too, and remembered as different. */
async function withNeighbours(
	ctx: IExecuteFunctions,
	connection: Connection,
	item: INodeExecutionData,
	index: number,
	namespace: string,
): Promise<number | undefined> {
	const wanted = ctx.getNodeParameter('neighbours', index, false) as boolean;
	if (!wanted || ctx.getNodeParameter('invalidateBy', index) !== 'request') return undefined;
	const options = ctx.getNodeParameter('semantic', index, {}) as SemanticOptions;
	const deps = await semanticDeps(ctx, connection, options);
	const question = semanticQuestion(await requestReader(ctx)(item, index), {
		namespace,
		keyVersion: String(ctx.getNodeParameter('requestKeyVersion', index, '')),
		ignoreFields: [],
		scope: options.scope ?? '',
		embedderId: deps.embedder.id,
	});
	if (!question) return 0;
	const nearness = ctx.getNodeParameter('neighbourSimilarity', index, 0.8);
	const least = readNumber(nearness, 'Least Similarity', 0, 1);
	return await invalidateNeighbours(namespace, question, least, deps);
}

async function targetOf(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
	namespace: string,
): Promise<InvalidationTarget> {
	const text = (name: string, displayName: string): string => {
		const value = String(ctx.getNodeParameter(name, index, '')).trim();
		if (value !== '') return value;
		throw new ConfigError(
			`"${displayName}" is empty`,
			displayName,
			'An empty value would invalidate nothing.',
		);
	};
	const by = ctx.getNodeParameter('invalidateBy', index) as string;
	switch (by) {
		case 'tag':
			return { by: 'tag', tag: userTag(text('invalidateTag', 'Tag')) };
		case 'model':
			return { by: 'tag', tag: modelTag(text('invalidateModel', 'Model')) };
		case 'key':
			return { by: 'key', key: text('invalidateKey', 'Key') };
		case 'namespace':
			return { by: 'namespace' };
		case 'age':
			return {
				by: 'age',
				olderThanMs:
					readNumber(ctx.getNodeParameter('olderThanSeconds', index), 'Older Than (Seconds)') *
					1000,
			};
		case 'keyVersion':
			return {
				by: 'keyVersionPrefix',
				prefix: text('keyVersionPrefix', 'Key Version Begins With'),
			};
		case 'request': {
			const request = await requestReader(ctx)(item, index);
			const keyVersion = String(ctx.getNodeParameter('requestKeyVersion', index, ''));
			return { by: 'key', key: requestKey(request, { namespace, keyVersion }) };
		}
		default:
			throw new ConfigError(`"${by}" is not known`, 'Invalidate By', 'Choose one of the list.');
	}
}

/** Operation `inspect`: one item a namespace, with what semantic matching observed there. */
export async function inspectCache(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { store, memory } = await openBackend(ctx);
	const spaces = await store.run((live) => live.inspect(), TIMEOUT_MS);
	return await Promise.all(
		spaces.map(async ({ oldestStoredAtMs, ...counts }) => {
			const seen = await store.run(
				() => memory.observations(counts.namespace, SHADOW_SUBJECT),
				TIMEOUT_MS,
			);
			const observed = seen.map(({ same, ...one }) => ({ ...one, agreed: same }));
			return {
				json: {
					...counts,
					backend: store.backend,
					oldest: oldestStoredAtMs === null ? null : new Date(oldestStoredAtMs).toISOString(),
					semantic:
						observed.length === 0 ? null : (shadowReport(observed) as unknown as IDataObject[]),
				},
				pairedItem: { item: 0 },
			};
		}),
	);
}

/** Operation `export`: entries as one NDJSON file, and where the next one would begin. */
export async function exportEntries(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const connection = await openBackend(ctx);
	const text = (name: string, fallback = ''): string =>
		String(ctx.getNodeParameter(name, 0, fallback) ?? '');
	const what = {
		namespace: text('exportNamespace') || undefined,
		from: text('resumeAt') || undefined,
		mostEntries: readNumber(
			ctx.getNodeParameter('mostEntries', 0, MOST_EXPORTED),
			'Most Entries',
			1,
		),
	};
	const { lines, ...rest } = await exportLines(what, connection, TIMEOUT_MS * 10);
	// Piece by piece: a text has a largest length.
	const file = Buffer.concat(lines.map((line) => Buffer.from(`${line}\n`)));
	const binary = await ctx.helpers.prepareBinaryData(
		file,
		'prompt-cache.ndjson',
		'application/x-ndjson',
	);
	const json = { exported: lines.length, ...rest };
	return [
		{ json, binary: { [text('outputBinaryField', 'data')]: binary }, pairedItem: { item: 0 } },
	];
}

/** Operation `import`: the file of each item; goes on after `skipLines`. */
export async function importEntries(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const { store, encryptionKeys } = await openBackend(ctx);
	const all: INodeExecutionData[] = [];
	for (const index of items.keys()) {
		try {
			const field = ctx.getNodeParameter('inputBinaryField', index, 'data') as string;
			const skipLines = readNumber(ctx.getNodeParameter('skipLines', index, 0), 'Skip Lines');
			const file = await ctx.helpers.getBinaryDataBuffer(index, field);
			const envelope = { compressAboveBytes: COMPRESS_ABOVE_BYTES, encryptionKeys };
			const report = await importLines(
				file.toString('utf8').split('\n'),
				skipLines,
				store,
				envelope,
			);
			all.push({ json: { ...report }, pairedItem: { item: index } });
		} catch (error) {
			all.push(failedItem(ctx, error, index));
		}
	}
	return all;
}
