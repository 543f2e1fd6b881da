import { createHash } from 'node:crypto';

/**
 * Keys of one namespace. The braces put them all into one cluster slot, so that a script may touch them together;
 * names are hashed, so that no prompt or tenant name stands in a key.
 *
 * `<prefix>{<ns>}:e:<key>`  string  the entry: front (see entryFront.ts) and packed bytes, expires by itself
 * `<prefix>{<ns>}:l:<key>`  string  lease: the leader's token, held until a day before it expires; `-` where it was given up
 * `<prefix>{<ns>}:n:<user>` string  components of the last request with the same user text, JSON, 7 days
 * `<prefix>{<ns>}:i`        hash    invalidations: `@epoch`, `@before`, `@prefixes`, and tag -> epoch
 * `<prefix>{<ns>}:x`        string  `@epoch` once more, to be read with entries in one MGET; there from the first lookup or store on (validity.ts)
 * `<prefix>{<ns>}:t:<key>`  string  `@epoch` when this key was invalidated, an hour: what was asked before is not stored
 * `<prefix>{<ns>}:c`        hash    tag -> stores since its last invalidation
 * `<prefix>{<ns>}:s`        hash    counters for inspect
 * `<prefix>{<ns>}:v:<part>` list: the semantic index of a partition (vectorList.ts); with `:<key>` a hash (vectorSearch.ts)
 * `<prefix>{<ns>}:w:<part>` vector set: the same on Redis 8 (vectorSet.ts), under its own name, so that an upgraded server may hold both
 * `<prefix>{<ns>}:d:<pair>` string a pair of prompts that must not share an answer
 * `<prefix>{<ns>}:o:<subject>` list what semantic matching observed (semanticMemory.ts)
 * `<prefix>namespaces`      hash    <ns> -> the namespace's name
 */
export interface NamespaceKeys {
	id: string;
	entry(key: string): string;
	lease(key: string): string;
	near(userHash: string): string;
	/** Of a key that was invalidated. */
	grave(key: string): string;
	invalidations: string;
	/** The namespace's invalidation count. */
	epoch: string;
	tagCounts: string;
	stats: string;
	/** Followed by the partition. */
	vectors: string;
	/** Followed by the partition. */
	vectorSets: string;
	/** Followed by a pair of prompts. */
	different: string;
	/** Followed by the subject. */
	observed: string;
}

export function namespaceKeys(prefix: string, namespace: string): NamespaceKeys {
	const id = createHash('sha256').update(namespace).digest('hex').slice(0, 16);
	const base = `${prefix}{${id}}:`;
	return {
		id,
		entry: (key) => `${base}e:${key}`,
		lease: (key) => `${base}l:${key}`,
		near: (userHash) => `${base}n:${userHash}`,
		grave: (key) => `${base}t:${key}`,
		invalidations: `${base}i`,
		epoch: `${base}x`,
		tagCounts: `${base}c`,
		stats: `${base}s`,
		vectors: `${base}v:`,
		vectorSets: `${base}w:`,
		different: `${base}d:`,
		observed: `${base}o:`,
	};
}

export const namespaceRegistry = (prefix: string): string => `${prefix}namespaces`;
