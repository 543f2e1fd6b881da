import { randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry, type Entry } from '../../../nodes/shared/core/entry/envelope';
import { CorruptEntry } from '../../../nodes/shared/core/errors';

const entry: Entry = {
	meta: { ttlMs: 1, graceMs: 2, model: 'gpt-5-mini', latencyMs: 3, usage: { inputTokens: 4 } },
	response: { choices: [{ message: { content: 'né à Köln 🎈'.repeat(200) } }] },
};
const plain = { compressAboveBytes: 1e9, encryptionKeys: [] };
const keys = [randomBytes(32), randomBytes(32)] as const;

describe('the envelope of an entry', () => {
	it.each([
		['plain', plain],
		['compressed', { ...plain, compressAboveBytes: 100 }],
		['encrypted', { ...plain, encryptionKeys: [keys[0]] }],
		['compressed and encrypted', { compressAboveBytes: 100, encryptionKeys: [keys[0]] }],
	])('gives back what was packed: %s', (_name, options) => {
		expect(decodeEntry(encodeEntry(entry, options), options.encryptionKeys)).toEqual(entry);
	});

	it('compresses bodies above the size, and only those', () => {
		const packed = encodeEntry(entry, { ...plain, compressAboveBytes: 100 });
		expect(packed.length).toBeLessThan(encodeEntry(entry, plain).length / 4);
		const small = { ...entry, response: 'yes' };
		expect(encodeEntry(small, { ...plain, compressAboveBytes: 4096 })).toEqual(
			encodeEntry(small, plain),
		);
	});

	it('reads brotli, which a Node without zstd writes', () => {
		const body = zlib.brotliCompressSync(Buffer.from(JSON.stringify(entry)));
		const header = Buffer.from([1, 2, 0, 0, 0, 0]);
		header.writeUInt32BE(zlib.crc32(body), 2);
		expect(decodeEntry(Buffer.concat([header, body]), [])).toEqual(entry);
	});

	it('keeps no readable text when encrypted, and packs the same entry to other bytes each time', () => {
		const secret = { ...entry, response: 'the launch code is swordfish' };
		const options = { ...plain, encryptionKeys: [keys[0]] };
		const [one, other] = [encodeEntry(secret, options), encodeEntry(secret, options)];
		expect(one.includes('swordfish')).toBe(false);
		expect(one.equals(other)).toBe(false);
	});

	it('still reads entries of an old key after a rotation, and writes with the new one', () => {
		const old = encodeEntry(entry, { ...plain, encryptionKeys: [keys[0]] });
		const rotated = [keys[1], keys[0]];
		expect(decodeEntry(old, rotated)).toEqual(entry);
		const fresh = encodeEntry(entry, { ...plain, encryptionKeys: rotated });
		expect(() => decodeEntry(fresh, [keys[0]])).toThrow('encrypted with another key');
	});

	it('reads entries from before encryption was switched on', () => {
		expect(decodeEntry(encodeEntry(entry, plain), [keys[0]])).toEqual(entry);
	});

	it('reads bytes that lie inside a larger buffer, as SQLite gives them', () => {
		const packed = encodeEntry(entry, plain);
		const around = new Uint8Array(packed.length + 20).fill(7);
		around.set(packed, 11);
		expect(decodeEntry(around.subarray(11, 11 + packed.length), [])).toEqual(entry);
	});

	it('takes every single damaged byte for what it is: a corrupt entry, never another answer', () => {
		const packed = encodeEntry({ ...entry, response: 'short' }, plain);
		for (let at = 0; at < packed.length; at++) {
			const damaged = Buffer.from(packed);
			damaged[at]! ^= 0x10;
			expect(() => decodeEntry(damaged, [])).toThrow(CorruptEntry);
		}
	});

	it('takes a cut entry, an empty one and one of a later version for corrupt', () => {
		const packed = encodeEntry(entry, plain);
		expect(() => decodeEntry(packed.subarray(0, 100), [])).toThrow(CorruptEntry);
		expect(() => decodeEntry(Buffer.alloc(0), [])).toThrow('the entry is cut');
		packed[0] = 2;
		expect(() => decodeEntry(packed, [])).toThrow('the entry has version 2');
	});

	it('refuses an encrypted text that was changed although its checksum was mended', () => {
		const packed = encodeEntry(entry, { ...plain, encryptionKeys: [keys[0]] });
		packed[packed.length - 1]! ^= 1;
		packed.writeUInt32BE(zlib.crc32(packed.subarray(6)), 2);
		expect(() => decodeEntry(packed, [keys[0]])).toThrow(CorruptEntry);
	});
});
