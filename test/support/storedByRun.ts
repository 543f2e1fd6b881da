import { createHash } from 'node:crypto';
import { encodeEntry } from '../../nodes/shared/core/entry/envelope';
import type { StoreCommand } from '../../nodes/shared/ports/CacheStore';

/** The text of the n-th entry that a run stores; 200 to 20,000 characters. */
export const textOfRun = (run: number, index: number): string =>
	`run ${run}, entry ${index}. `.repeat(10 + ((run * 7 + index * 13) % 1_000));

/** The n-th entry that a run stores: whoever reads it can tell whether it is whole and the right one. */
export function storedByRun(run: number, index: number): StoreCommand {
	const meta = { ttlMs: 3_600_000, graceMs: 0, model: null, latencyMs: null };
	const packed = encodeEntry(
		{ meta, response: textOfRun(run, index) },
		{ compressAboveBytes: 4096, encryptionKeys: [] },
	);
	const hash = createHash('sha256').update(`${run}-${index}`).digest('hex');
	return {
		namespace: 'killed',
		key: hash,
		packed,
		tags: ['t:killed'],
		keyVersion: '',
		keepMs: 3_600_000,
		userHash: hash.slice(0, 16),
		components: { run: String(run) },
	};
}
