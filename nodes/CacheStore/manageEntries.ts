import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import { modelTag, userTag } from '../shared/core/freshness/invalidation';
import { requestKey } from '../shared/core/key/requestKey';
import { openBackend } from '../shared/n8n/backend';
import { failedItem } from '../shared/n8n/nodeErrors';
import { requestReader } from '../shared/n8n/readRequest';
import type { InvalidationTarget } from '../shared/ports/CacheStore';
import { importLines, toLine } from '../shared/services/transfer';

/** These are not on the path of a request: they may take their time. */
const TIMEOUT_MS = 60_000;
const COMPRESS_ABOVE_BYTES = 4096;

/** Operation `invalidate`: one invalidation an item. */
export async function invalidateItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const { store } = await openBackend(ctx);
	const all: INodeExecutionData[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const namespace = ctx.getNodeParameter('namespace', index, 'default') as string;
			const target = await targetOf(ctx, item, index, namespace);
			const { invalidated } = await store.run(
				(live) => live.invalidate(namespace, target),
				TIMEOUT_MS,
			);
			all.push({ json: { invalidated }, pairedItem: { item: index } });
		} catch (error) {
			all.push(failedItem(ctx, error, index));
		}
	}
	return all;
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
				olderThanMs: Number(ctx.getNodeParameter('olderThanSeconds', index)) * 1000,
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

/** Operation `inspect`: one item a namespace. */
export async function inspectCache(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { store } = await openBackend(ctx);
	const spaces = await store.run((live) => live.inspect(), TIMEOUT_MS);
	return spaces.map(({ oldestStoredAtMs, ...counts }) => ({
		json: {
			...counts,
			backend: store.backend,
			oldest: oldestStoredAtMs === null ? null : new Date(oldestStoredAtMs).toISOString(),
		},
		pairedItem: { item: 0 },
	}));
}

/** Operation `export`: all entries as one NDJSON file. */
export async function exportEntries(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { store, clock } = await openBackend(ctx);
	const namespace = ctx.getNodeParameter('exportNamespace', 0, '') as string;
	const field = ctx.getNodeParameter('outputBinaryField', 0, 'data') as string;
	const lines: string[] = [];
	await store.run(async (live) => {
		for await (const entry of live.entries(namespace || undefined)) {
			lines.push(toLine(entry, clock.nowMs()));
			if (lines.length % 10_000 === 0) ctx.logger.info(`Cache export: ${lines.length} entries`);
		}
	}, TIMEOUT_MS * 10);
	const file = Buffer.from(lines.map((line) => `${line}\n`).join(''));
	const binary = await ctx.helpers.prepareBinaryData(
		file,
		'prompt-cache.ndjson',
		'application/x-ndjson',
	);
	return [
		{ json: { exported: lines.length }, binary: { [field]: binary }, pairedItem: { item: 0 } },
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
			const skipLines = Number(ctx.getNodeParameter('skipLines', index, 0));
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
