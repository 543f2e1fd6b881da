import { hash, timingSafeEqual } from 'node:crypto';
import type { PeriodBudget } from '../budget/budget';

/** A caller's key, as its digest. */
export interface BearerKey {
	name: string;
	/** SHA-256 of the key, 32 bytes. */
	digest: Uint8Array;
	namespace: string;
	/** 0: no limit. */
	requestsPerMinute: number;
	/** Of the namespace; left out where there is no limit. */
	budget?: PeriodBudget;
}

const DIGEST = /^sha256:([0-9a-f]{64})$/i;

/** The digest of a key given as itself or as `sha256:` and 64 hex characters. */
export function keyDigest(key: string): Buffer {
	const given = DIGEST.exec(key)?.[1];
	return given ? Buffer.from(given, 'hex') : sha256(key);
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * The key that was presented; undefined where it is none of them. Every key is compared, each in
 * constant time, so that the time taken tells nothing about any of them.
 */
export function findKey(
	keys: readonly BearerKey[],
	presented: string | undefined,
): BearerKey | undefined {
	const digest = sha256(presented ?? '');
	let found: BearerKey | undefined;
	for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
	return presented ? found : undefined;
}

/**
 * The key in a request's headers: `Authorization: Bearer`, `x-api-key` (Anthropic) or `api-key`
 * (Azure). A request that carries two different ones presents none.
 */
export function presentedKey(
	headers: Record<string, string | string[] | undefined>,
): string | undefined {
	const bearer = /^Bearer +([^\s,]+) *$/i.exec(String(headers.authorization ?? ''))?.[1];
	const own = [headers['x-api-key'], headers['api-key']].filter(
		(value): value is string => typeof value === 'string' && value !== '',
	);
	const given = new Set(bearer === undefined ? own : [bearer, ...own]);
	return given.size === 1 ? [...given][0] : undefined;
}
