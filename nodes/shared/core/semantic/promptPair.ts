import { createHash } from 'node:crypto';

/** Name of an unordered pair of prompts inside a partition; 64 hex characters. */
export function promptPair(partitionId: string, one: string, other: string): string {
	const ordered = one < other ? [one, other] : [other, one];
	return createHash('sha256')
		.update(JSON.stringify([partitionId, ...ordered]))
		.digest('hex');
}
