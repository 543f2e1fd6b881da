import { LRUCache } from 'lru-cache';
import { decodeEntry, type Entry } from '../core/entry/envelope';

const MOST_ENTRIES = 500;
const LARGEST_BYTES = 64 * 1024;
/** Where an envelope holds its checksum. */
const CHECKSUM_AT = 2;

export type DecodeEntry = typeof decodeEntry;

type Known = LRUCache<number, { packed: Uint8Array; entry: Entry }>;

/** By the keys that may read the entries: who lacks them must not see what others unpacked. */
const known = new WeakMap<readonly Buffer[], Known>();

/**
 * `decodeEntry` that unpacks the same bytes once: the hits of an endpoint are few answers asked for often. Whoever
 * gets an entry must leave it as it is.
 */
export const decodeOnce: DecodeEntry = (packed, keys) => {
	if (packed.length < CHECKSUM_AT + 4 || packed.length > LARGEST_BYTES) {
		return decodeEntry(packed, keys);
	}
	let entries = known.get(keys);
	if (!entries) known.set(keys, (entries = new LRUCache({ max: MOST_ENTRIES })));
	const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
	const checksum = bytes.readUInt32BE(CHECKSUM_AT);
	const before = entries.get(checksum);
	if (before && bytes.equals(before.packed)) return before.entry;
	const entry = decodeEntry(bytes, keys);
	// A copy: a reply's buffer is a part of a larger one, which would be kept with it.
	entries.set(checksum, { packed: new Uint8Array(bytes), entry });
	return entry;
};
