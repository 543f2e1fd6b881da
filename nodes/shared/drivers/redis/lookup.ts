import type { Result } from 'ioredis';
import type { Components } from '../../core/explain/components';
import type { LeaseState, LookupQuery, LookupReply, LookupRow } from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import { chunked, type Indexed } from './chunks';
import type { RedisClient } from './connect';
import { frontOrEmpty, type EntryFront } from './entryFront';
import type { NamespaceKeys } from './keys';
import { createHitReader } from './readHits';
import { LOOKUP } from './scripts';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcLookupBuffer(keyCount: number, ...args: string[]): Result<unknown[], Context>;
	}
}

/**
 * Looks up batches: hits in one round trip, by plain reading; what is missing asks a script, which reads once more,
 * takes the lease and tells the nearest earlier request.
 */
export function createLookup(
	client: RedisClient,
	clock: Clock,
	keysOf: (namespace: string) => NamespaceKeys,
): (queries: LookupQuery[]) => Promise<LookupReply> {
	client.defineCommand('pcLookup', { lua: LOOKUP });
	const hits = createHitReader(client, clock);

	async function lookupChunk(chunk: Indexed<LookupQuery>[], reply: LookupReply): Promise<void> {
		const keys = keysOf(chunk[0]!.item.namespace);
		const read = await hits.read(
			keys,
			chunk.map(({ item }) => item.key),
		);
		if (!read) return await askScript(keys, chunk, reply);
		reply.nowMs = read.nowMs;
		reply.epochs.set(chunk[0]!.item.namespace, read.epoch);
		const missing = chunk.filter(({ index }, at) => {
			const row = read.rows[at];
			if (row) reply.rows[index] = toFound(row);
			return !row;
		});
		if (missing.length > 0) await askScript(keys, missing, reply);
	}

	async function askScript(
		keys: NamespaceKeys,
		chunk: Indexed<LookupQuery>[],
		reply: LookupReply,
	): Promise<void> {
		const names: string[] = [keys.invalidations, keys.epoch];
		const values: string[] = [];
		for (const { item } of chunk) {
			names.push(keys.entry(item.key), keys.lease(item.key), keys.near(item.userHash));
			values.push(item.lease?.token ?? '', String(item.lease?.ttlMs ?? 0));
		}
		const askedAtMs = clock.elapsedMs();
		const [nowMs, epoch, ...rows] = await client.pcLookupBuffer(names.length, ...names, ...values);
		reply.nowMs = Number(nowMs);
		hits.tell(keys, reply.nowMs, askedAtMs);
		reply.epochs.set(chunk[0]!.item.namespace, Number(epoch));
		chunk.forEach(({ index }, at) => {
			reply.rows[index] = toRow(rows[at]);
		});
	}

	return async (queries) => {
		const reply: LookupReply = { nowMs: 0, epochs: new Map(), rows: new Array(queries.length) };
		await Promise.all(chunked(queries).map((chunk) => lookupChunk(chunk, reply)));
		return reply;
	};
}

const toFound = ({ storedAtMs, packed }: EntryFront): LookupRow => ({
	found: true,
	storedAtMs,
	packed,
});

function toRow(row: unknown): LookupRow {
	if (Buffer.isBuffer(row)) {
		return toFound(frontOrEmpty(row));
	}
	const [why, lease, components] = row as [Buffer, Buffer, Buffer | null];
	return {
		found: false,
		why: why.toString() as 'absent' | 'invalidated',
		lease: lease.toString() as LeaseState,
		earlier: components ? (JSON.parse(components.toString('utf8')) as Components) : undefined,
	};
}
