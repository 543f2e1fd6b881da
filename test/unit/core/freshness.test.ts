import { describe, expect, it } from '@jest/globals';
import { parseCacheControl } from '../../../nodes/shared/core/freshness/cacheControl';
import { entryAge, freshness, jitteredTtlMs } from '../../../nodes/shared/core/freshness/freshness';

const STORED = 1_000_000_000;
const entry = { storedAtMs: STORED, ttlMs: 60_000, graceMs: 120_000 };
const at = (ageSeconds: number, control = '', operation: 'lookup' | 'fallback' = 'lookup') =>
	freshness(entry, STORED + ageSeconds * 1000, parseCacheControl(control), operation);
const state = (...args: Parameters<typeof at>) => at(...args).state;

describe('an entry with a lifetime of 60 s and 120 s of grace', () => {
	it('is fresh until its lifetime is over, to the millisecond', () => {
		expect([state(0), state(59.999), state(60)]).toEqual(['fresh', 'fresh', 'unusable']);
	});

	it('says how long ago it expired', () => {
		expect(at(100)).toMatchObject({ reason: 'entry expired 40 s ago', ageMs: 100_000 });
	});

	it('obeys max-age: no answer older than the caller accepts', () => {
		expect([state(30, 'max-age=30'), state(30.5, 'max-age=30')]).toEqual(['fresh', 'unusable']);
		expect([state(0, 'max-age=0'), state(0.001, 'max-age=0')]).toEqual(['fresh', 'unusable']);
	});

	it('lets a max-age above the lifetime prolong nothing', () => {
		expect(state(61, 'max-age=3600')).toBe('unusable');
	});

	it('obeys min-fresh: the answer must stay fresh for as long', () => {
		expect([state(39, 'min-fresh=20'), state(41, 'min-fresh=20')]).toEqual(['fresh', 'unusable']);
		expect(at(50, 'min-fresh=20')).toMatchObject({
			reason: 'fresh for 10 s only, min-fresh is 20 s',
		});
	});

	it('is served stale under stale-while-revalidate, within its seconds', () => {
		const control = 'stale-while-revalidate=30';
		expect([
			state(59, control),
			state(61, control),
			state(90, control),
			state(91, control),
		]).toEqual(['fresh', 'stale', 'stale', 'unusable']);
	});

	it('is not served stale to a caller who wants it fresh for longer', () => {
		expect(state(61, 'stale-while-revalidate=30, min-fresh=1')).toBe('unusable');
	});

	it('is not used under no-cache, however fresh', () => {
		expect(at(1, 'no-cache')).toMatchObject({
			state: 'unusable',
			reason: 'no-cache was asked for',
		});
	});

	it('is served by fallback within its grace period, and no longer', () => {
		expect([state(30, '', 'fallback'), state(61, '', 'fallback')]).toEqual(['fresh', 'stale']);
		expect([state(180, '', 'fallback'), state(181, '', 'fallback')]).toEqual(['stale', 'unusable']);
	});

	it('is served by fallback although the request said no-cache: the provider has failed', () => {
		expect(state(30, 'no-cache', 'fallback')).toBe('fresh');
	});

	it('lets stale-if-error shorten the grace period, not lengthen it', () => {
		expect(state(70, 'stale-if-error=5', 'fallback')).toBe('unusable');
		expect(state(64, 'stale-if-error=5', 'fallback')).toBe('stale');
		expect(state(200, 'stale-if-error=100000', 'fallback')).toBe('unusable');
	});

	it('is not used when the clock went back by more than clocks of hosts differ', () => {
		expect([state(-4), state(-6)]).toEqual(['fresh', 'unusable']);
		expect(at(-3600).state === 'unusable' && at(-3600, '', 'fallback').state).toBe('unusable');
	});
});

describe('the age of an entry', () => {
	it('goes on across an import, so that an old answer does not become young', () => {
		const imported = entryAge(STORED, { ttlMs: 60_000, graceMs: 0, ageMs: 50_000 });
		const ask = (seconds: number, text = '') =>
			freshness(imported, STORED + seconds * 1000, parseCacheControl(text), 'lookup').state;
		expect([ask(9), ask(10)]).toEqual(['fresh', 'unusable']);
		expect(ask(0, 'max-age=30')).toBe('unusable');
	});
});

describe('the jitter of a lifetime', () => {
	it('shortens it by at most its percentage, and never lengthens it', () => {
		expect(jitteredTtlMs(1000, 10, 0)).toBe(1000);
		expect(jitteredTtlMs(1000, 10, 0.5)).toBe(950);
		expect(jitteredTtlMs(1000, 10, 0.999999)).toBe(900);
		expect(jitteredTtlMs(1000, 0, 0.7)).toBe(1000);
	});

	it('leaves at least a millisecond', () => {
		expect(jitteredTtlMs(1000, 100, 0.9999999)).toBe(1);
	});
});

describe('Cache Control', () => {
	it('reads directives in any case and spacing, quoted seconds too', () => {
		expect(parseCacheControl(' Max-Age="60" ,NO-STORE, only-if-cached,,')).toEqual({
			noCache: false,
			noStore: true,
			onlyIfCached: true,
			maxAgeSeconds: 60,
		});
	});

	it.each(['max-age', 'max-age=', 'max-age=soon', 'max-age=-1', 'min-fresh=Infinity'])(
		'refuses "%s" with the directive in the message',
		(text) => {
			expect(() => parseCacheControl(text)).toThrow(/"(max-age|min-fresh)" needs a number/);
		},
	);

	it('refuses an unknown directive: a typo must not change what is served', () => {
		expect(() => parseCacheControl('nocache')).toThrow('"nocache" is not a known directive');
		expect(() => parseCacheControl('constructor')).toThrow('not a known directive');
	});
});
