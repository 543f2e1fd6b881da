import { CorruptEntry } from '../../core/errors';

/** The readable front of an entry's value; layout in scripts.ts. */
export interface EntryFront {
	storedAtMs: number;
	epoch: number;
	keyVersion: string;
	tags: string[];
	packed: Buffer;
}

/** @throws CorruptEntry where the value is not an entry of this version */
export function readEntryFront(value: Buffer): EntryFront {
	if (value.length < 34 || value[0] !== 0x50) throw new CorruptEntry('the entry has no front');
	const number = (from: number, to: number) => Number(value.toString('latin1', from, to));
	const versionEnd = 34 + number(26, 29);
	const tagsEnd = versionEnd + number(29, 34);
	const tags = value.toString('utf8', versionEnd, tagsEnd);
	return {
		storedAtMs: number(1, 14),
		epoch: number(14, 26),
		keyVersion: value.toString('utf8', 34, versionEnd),
		tags: tags === '' ? [] : tags.split('\n'),
		packed: value.subarray(tagsEnd),
	};
}
