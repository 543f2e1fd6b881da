import { CorruptEntry } from '../../core/errors';

const NO_TAGS: string[] = [];

/** The readable front of an entry's value; layout in validity.ts. */
export interface EntryFront {
	storedAtMs: number;
	epoch: number;
	keyVersion: string;
	tags: string[];
	packed: Buffer;
}

/** Digits, without a text in between: a batch reads four numbers of each of thousands of entries. */
function numberAt(value: Buffer, from: number, to: number): number {
	let number = 0;
	for (let at = from; at < to; at++) number = number * 10 + (value[at]! - 48);
	return number;
}

/** @throws CorruptEntry where the value is not an entry of this version */
export function readEntryFront(value: Buffer): EntryFront {
	if (value.length < 34 || value[0] !== 0x50) throw new CorruptEntry('the entry has no front');
	const versionEnd = 34 + numberAt(value, 26, 29);
	const tagsEnd = versionEnd + numberAt(value, 29, 34);
	const tags =
		tagsEnd > versionEnd ? value.toString('utf8', versionEnd, tagsEnd).split('\n') : NO_TAGS;
	return {
		storedAtMs: numberAt(value, 1, 14),
		epoch: numberAt(value, 14, 26),
		keyVersion: versionEnd > 34 ? value.toString('utf8', 34, versionEnd) : '',
		tags,
		packed: value.subarray(tagsEnd),
	};
}

/** As readEntryFront; what is no entry comes back empty: unpacking it tells the damage, which is counted. */
export function frontOrEmpty(value: Buffer): EntryFront {
	try {
		return readEntryFront(value);
	} catch (error) {
		if (!(error instanceof CorruptEntry)) throw error;
		const packed = Buffer.alloc(0);
		return { storedAtMs: 0, epoch: Infinity, keyVersion: '', tags: NO_TAGS, packed };
	}
}
