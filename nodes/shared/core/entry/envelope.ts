import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import { CorruptEntry } from '../errors';
import type { Json } from '../json';

/** What is stored with an answer. */
export interface EntryMeta {
	/** Freshness lifetime, jitter included. */
	ttlMs: number;
	graceMs: number;
	/** How old the answer was already when it came into this backend, where an earlier import left it here. */
	ageMs?: number;
	model: string | null;
	/** Time the provider took, if it was measured. */
	latencyMs: number | null;
	/** Normalised usage of the original call. */
	usage?: Json;
	/** The HTTP status where the stored answer is a provider's deterministic refusal (4xx). */
	negativeStatus?: number;
	/** Kept where the answer may be found by meaning, so that an index can be rebuilt from entries. */
	semantic?: SemanticMark;
}

/** The text that is compared, and the frame (64 hex characters, partition.ts) inside which. */
export interface SemanticMark {
	prompt: string;
	frameId: string;
}

export interface Entry {
	meta: EntryMeta;
	response: Json;
}

export interface EnvelopeOptions {
	/** Bodies above this many bytes are compressed. */
	compressAboveBytes: number;
	/** AES-256-GCM keys of 32 bytes each: the first encrypts, all decrypt. */
	encryptionKeys: readonly Buffer[];
}

/*
 * Layout: version (1 byte) · flags (1) · CRC-32 of what follows (4, big endian) · body.
 * The body is JSON {meta, response}, compressed, then encrypted as
 * key fingerprint (4) · nonce (12) · tag (16) · text.
 */
const VERSION = 1;
const ZSTD = 1;
const BROTLI = 2;
const ENCRYPTED = 4;
const HEADER_BYTES = 6;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** Packs an entry; the same entry packs to other bytes each time where encryption is on. */
export function encodeEntry(entry: Entry, options: EnvelopeOptions): Buffer {
	let body: Buffer = Buffer.from(JSON.stringify(entry));
	let flags = 0;
	if (body.length > options.compressAboveBytes) {
		[body, flags] = compress(body);
	}
	const [key] = options.encryptionKeys;
	if (key) {
		body = encrypt(body, key);
		flags |= ENCRYPTED;
	}
	const header = Buffer.alloc(HEADER_BYTES);
	header[0] = VERSION;
	header[1] = flags;
	header.writeUInt32BE(zlib.crc32(body), 2);
	return Buffer.concat([header, body]);
}

/** @throws CorruptEntry where the bytes are damaged, of a later version, or encrypted with an unknown key */
export function decodeEntry(packed: Uint8Array, keys: readonly Buffer[]): Entry {
	const bytes = Buffer.isBuffer(packed)
		? packed
		: Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
	if (bytes.length < HEADER_BYTES) throw new CorruptEntry('the entry is cut');
	if (bytes[0] !== VERSION) throw new CorruptEntry(`the entry has version ${bytes[0]}`);
	const flags = bytes[1] ?? 0;
	if (flags & ~(ZSTD | BROTLI | ENCRYPTED)) throw new CorruptEntry(`the entry has flags ${flags}`);
	let body = bytes.subarray(HEADER_BYTES);
	if (zlib.crc32(body) !== bytes.readUInt32BE(2)) throw new CorruptEntry('the checksum differs');
	try {
		if (flags & ENCRYPTED) body = decrypt(body, keys);
		if (flags & ZSTD) body = zlib.zstdDecompressSync(body, { maxOutputLength: MAX_BODY_BYTES });
		if (flags & BROTLI) body = zlib.brotliDecompressSync(body, { maxOutputLength: MAX_BODY_BYTES });
		return JSON.parse(body.toString('utf8')) as Entry;
	} catch (error) {
		if (error instanceof CorruptEntry) throw error;
		throw new CorruptEntry('the entry cannot be unpacked', { cause: error });
	}
}

/** zstd where this Node has it (22.15 and later), else brotli at its fastest. */
function compress(body: Buffer): [Buffer, number] {
	if (typeof zlib.zstdCompressSync === 'function') return [zlib.zstdCompressSync(body), ZSTD];
	const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 };
	return [zlib.brotliCompressSync(body, { params }), BROTLI];
}

function encrypt(body: Buffer, key: Buffer): Buffer {
	const nonce = randomBytes(12);
	const cipher = createCipheriv('aes-256-gcm', key, nonce);
	const text = Buffer.concat([cipher.update(body), cipher.final()]);
	return Buffer.concat([fingerprint(key), nonce, cipher.getAuthTag(), text]);
}

function decrypt(body: Buffer, keys: readonly Buffer[]): Buffer {
	const key = keys.find((candidate) => fingerprint(candidate).equals(body.subarray(0, 4)));
	if (!key) throw new CorruptEntry('the entry is encrypted with another key');
	const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(4, 16));
	decipher.setAuthTag(body.subarray(16, 32));
	return Buffer.concat([decipher.update(body.subarray(32)), decipher.final()]);
}

function fingerprint(key: Buffer): Buffer {
	return createHash('sha256').update(key).digest().subarray(0, 4);
}
