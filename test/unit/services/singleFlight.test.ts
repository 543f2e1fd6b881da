import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../../nodes/shared/core/errors';
import type { CacheStore } from '../../../nodes/shared/ports/CacheStore';
import {
	isHit,
	type LookupOutcome,
	type LookupRequest,
} from '../../../nodes/shared/services/lookup';
import {
	startRedisBackend,
	startSqlite,
	type BackendUnderTest,
	type StartBackend,
} from '../../contract/backends';
import { asked, engineOver, type Engine } from '../../support/engine';

const BACKENDS: Array<[string, StartBackend]> = [
	['SQLite', startSqlite],
	['Redis', () => startRedisBackend()],
];

const response = (outcome: LookupOutcome) => (isHit(outcome) ? outcome.entry.response : 'none');
const leads = (outcome: LookupOutcome) => !isHit(outcome) && outcome.leader;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let questions = 0;
const question = () => `question ${questions++}`;

describe.each(BACKENDS)('single-flight over %s', (_name, start) => {
	let backend: BackendUnderTest;
	let here: Engine;
	let elsewhere: Engine;
	beforeAll(async () => {
		backend = await start();
		here = engineOver(backend.store);
		elsewhere = engineOver(backend.reopen());
	});
	afterAll(async () => {
		here.close();
		elsewhere.close();
		await backend.close();
	});

	it("gives fifty callers in two processes the leader's one answer", async () => {
		const request = asked(question());
		let calls = 0;
		const caller = async (engine: Engine) => {
			const outcome = await engine.ask(request);
			if (isHit(outcome)) return outcome.entry.response;
			calls += 1;
			await pause(100);
			await engine.answer(request, 'the answer', outcome);
			return 'the answer';
		};
		const engines = Array.from({ length: 50 }, (_, index) => (index % 2 ? here : elsewhere));
		const answers = await Promise.all(engines.map(caller));
		expect(calls).toBe(1);
		expect(new Set(answers)).toEqual(new Set(['the answer']));
	});

	it('is single-flight for an expired entry too, that is kept for its grace period', async () => {
		const request = asked(question());
		await here.answer(request, 'old', undefined, { ttlMs: 1 });
		await pause(10);
		const leader = await here.ask(request);
		expect(leads(leader)).toBe(true);
		const waiting = Promise.all([here.ask(request), elsewhere.ask(request)]);
		await pause(50);
		await here.answer(request, 'new', leader);
		expect((await waiting).map(response)).toEqual(['new', 'new']);
	});

	it('says that it waited', async () => {
		const request = asked(question());
		const leader = await here.ask(request);
		const waiting = elsewhere.ask(request);
		await pause(50);
		await here.answer(request, 'x', leader);
		expect((await waiting).reasons).toEqual(['waited for the same request in flight']);
	});

	it('elects one refresher of a stale entry; the others are served at once, and nobody waits', async () => {
		const request = asked(question(), 'stale-while-revalidate=60');
		await here.answer(request, 'old', undefined, { ttlMs: 1 });
		await pause(10);
		const outcomes = await Promise.all(
			Array.from({ length: 20 }, (_, index) => (index % 2 ? here : elsewhere).ask(request)),
		);
		expect(new Set(outcomes.map(response))).toEqual(new Set(['old']));
		expect(outcomes.filter((one) => isHit(one) && one.refresh)).toHaveLength(1);
		expect(outcomes.every(({ status }) => status === 'stale')).toBe(true);
	});

	it('lets one refresh again once the refresher has stored', async () => {
		const request = asked(question(), 'stale-while-revalidate=60');
		await here.answer(request, 'old', undefined, { ttlMs: 1 });
		await pause(10);
		const first = await here.ask(request);
		await here.answer(request, 'newer', first, { ttlMs: 1 });
		await pause(10);
		expect(await elsewhere.ask(request)).toMatchObject({ refresh: true, reasons: [/expired/] });
	});

	it('replaces a leader that died', async () => {
		const request = asked(question());
		// As a process that was killed: it took the lease, and nothing prolongs it.
		const query = { namespace: 'default', key: request.key, userHash: request.explained.userHash };
		await backend.store.lookup([{ ...query, lease: { token: 'dead', ttlMs: 300 } }]);
		const outcome = await elsewhere.ask(request);
		expect(leads(outcome)).toBe(true);
		expect(outcome.reasons).toContain('who asked before ended without an answer');
		expect(elsewhere.inherited().map(({ key }) => key)).toContain(request.key);
	});

	/** Asks until nobody else computes the answer, and says whether the one before was taken for dead. */
	async function askUntilLeading(request: LookupRequest): Promise<boolean> {
		let outcome = await elsewhere.ask(request, { coalesceWaitMs: 0 });
		for (let tries = 0; tries < 200 && !leads(outcome); tries++) {
			await pause(50);
			outcome = await elsewhere.ask(request, { coalesceWaitMs: 0 });
		}
		expect(leads(outcome)).toBe(true);
		return elsewhere.inherited().some(({ key }) => key === request.key);
	}

	it('does not take a leader for dead that lives, but is slower than anybody waits', async () => {
		const request = asked(question());
		await here.ask(request, { coalesceWaitMs: 0 });
		expect(await askUntilLeading(request)).toBe(false);
	});

	it('does not take a leader for dead whose answer could not be stored for a moment', async () => {
		const request = asked(question());
		const outcome = await here.ask(request);
		const failing = here.fail(request, outcome, new Error('connection lost'));
		await expect(failing).rejects.toThrow('connection lost');
		expect(await askUntilLeading(request)).toBe(false);
	});

	it('does not take a caller for dead who went on by itself since the backend answered too late', async () => {
		const [absent, expired] = [asked(question()), asked(question())];
		await here.answer(expired, 'old', undefined, { ttlMs: 1 });
		await pause(10);
		const late = engineOver(answeringLate(backend.reopen(), 200));
		for (const request of [absent, expired]) {
			const outcome = await late.ask(request, { timeoutMs: 20 }).catch(() => undefined);
			expect(outcome && leads(outcome)).toBeFalsy();
		}
		expect(await Promise.all([absent, expired].map(askUntilLeading))).toEqual([false, false]);
		late.close();
	});

	it('gives up what the first parts of a batch lead where the backend fails at a later one, and asks it no more', async () => {
		const parts = Array.from({ length: 9 }, () => [asked(question())]);
		let read = 0;
		const reading = parts.map((part) => () => {
			read += 1;
			return part;
		});
		const failing = engineOver(failingAfter(2, backend.reopen()));
		await expect(failing.lookUpParts(reading)).rejects.toThrow(StoreUnavailable);
		expect(read).toBeLessThan(parts.length);
		expect(await Promise.all(parts.slice(0, 2).flat().map(askUntilLeading))).toEqual([
			false,
			false,
		]);
		failing.close();
	});

	it("still gets the leader's answer where the backend fails for a moment while it waits", async () => {
		const request = asked(question());
		const leader = await here.ask(request);
		let looks = 0;
		const backendHere = backend.reopen();
		const failing = engineOver({
			...backendHere,
			lookup: async (queries) => {
				looks += 1;
				if (looks === 2) throw new StoreUnavailable('gone for a moment');
				if (looks === 4) await here.answer(request, 'the answer', leader);
				return backendHere.lookup(queries);
			},
		});
		expect(response(await failing.ask(request))).toBe('the answer');
		failing.close();
	});

	it('waits no longer than asked, and then goes on by itself', async () => {
		const request = asked(question());
		await here.ask(request);
		const since = performance.now();
		const outcome = await elsewhere.ask(request, { coalesceWaitMs: 200 });
		const waitedMs = performance.now() - since;
		expect(outcome).toMatchObject({ status: 'miss', leader: false });
		expect(outcome.reasons).toContain('the same request is in flight elsewhere');
		expect(waitedMs).toBeGreaterThanOrEqual(190);
		expect(waitedMs).toBeLessThan(2_000);
	});

	it('lets all who wait go on together when the leader gives up, instead of one after another', async () => {
		const request = asked(question());
		const leader = await here.ask(request);
		const waiting = Promise.all(Array.from({ length: 10 }, () => elsewhere.ask(request)));
		await pause(30);
		await here.release(request, leader);
		const outcomes = await waiting;
		expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill('miss'));
		expect(outcomes.every((one) => one.reasons.join().includes('just failed'))).toBe(true);
	});

	it('lets all who wait go on when the answer is not admitted', async () => {
		const request = asked(question());
		const leader = await here.ask(request);
		const waiting = elsewhere.ask(request);
		await pause(30);
		const cut = { choices: [{ finish_reason: 'length', message: { content: 'Par' } }] };
		expect(await here.answer(request, cut, leader)).toEqual({
			stored: false,
			reasons: ['the answer was cut (finish reason length)'],
		});
		expect((await waiting).reasons.join()).toContain('just failed');
	});

	it('asks equal requests of a batch once, and one of them leads', async () => {
		const request = asked(question());
		const outcomes = await here.lookup([request, asked(question()), request, request]);
		expect(outcomes.map(leads)).toEqual([true, true, false, false]);
		await here.answer(request, { text: 'x' }, outcomes[0]);
		const hits = await here.lookup([request, request]);
		expect(hits.map(response)).toEqual([{ text: 'x' }, { text: 'x' }]);
		expect(response(hits[0]!)).not.toBe(response(hits[1]!));
	});

	it('never lets two batches wait for each other: one that leads something does not wait', async () => {
		const spaces = ['a', 'b', 'c', 'd'].map((namespace) => asked(question(), '', { namespace }));
		const since = performance.now();
		const [mine, theirs] = await Promise.all([
			here.lookup([spaces[0]!, spaces[1]!, spaces[2]!]),
			elsewhere.lookup([spaces[2]!, spaces[1]!, spaces[3]!]),
		]);
		expect([...mine, ...theirs].filter(leads)).toHaveLength(4);
		expect(performance.now() - since).toBeLessThan(5_000);
	});

	it('does not wait while it leads a refresh either: its lease would lapse meanwhile', async () => {
		const control = 'stale-while-revalidate=60';
		const [stale, held] = [asked(question(), control), asked(question(), control)];
		await here.answer(stale, 'old', undefined, { ttlMs: 1 });
		await pause(10);
		await elsewhere.ask(held);
		const since = performance.now();
		const outcomes = await here.lookup([stale, held]);
		expect(outcomes).toMatchObject([
			{ status: 'stale', refresh: true },
			{ status: 'miss', leader: false },
		]);
		expect(performance.now() - since).toBeLessThan(5_000);
	});

	it.each(['no-cache', 'no-store', 'only-if-cached'])('does not wait under %s', async (control) => {
		const words = question();
		await here.ask(asked(words));
		const since = performance.now();
		const outcome = await elsewhere.ask(asked(words, control));
		expect(isHit(outcome)).toBe(false);
		expect(performance.now() - since).toBeLessThan(5_000);
	});

	it.each(['no-store', 'only-if-cached'])(
		'lets nobody wait for a caller under %s',
		async (control) => {
			const words = question();
			await here.ask(asked(words, control));
			expect(leads(await elsewhere.ask(asked(words)))).toBe(true);
		},
	);

	it('does not queue callers up one behind another for an answer that never satisfies them', async () => {
		const request = asked(question(), 'max-age=0');
		await here.answer(request, 'old');
		await pause(5);
		const leader = await here.ask(request);
		expect(leads(leader)).toBe(true);
		const waiting = Promise.all(Array.from({ length: 5 }, () => elsewhere.ask(request)));
		await pause(30);
		await here.answer(request, 'new', leader);
		const outcomes = await waiting;
		expect(outcomes.filter(({ status }) => status === 'miss').length).toBeGreaterThan(0);
	}, 5_000);

	it('can be switched off', async () => {
		const request = asked(question());
		await here.ask(request, { coalesce: false });
		expect(leads(await elsewhere.ask(request))).toBe(true);
	});

	it('serves the hits of a batch although the backend fails while the rest of it waits', async () => {
		const [known, held] = [asked(question()), asked(question())];
		await here.answer(known, 'known');
		await here.ask(held);
		const broken = engineOver(failingAfter(1, backend.reopen()));
		const outcomes = await broken.lookup([known, held]);
		expect(outcomes.map(response)).toEqual(['known', 'none']);
		broken.close();
	});

	it('counts every request of a batch, and entries that cannot be read', async () => {
		const namespace = question();
		const [known, damaged] = [asked('a', '', { namespace }), asked('b', '', { namespace })];
		await here.answer(known, 'x');
		await backend.store.store([
			{
				namespace,
				key: damaged.key,
				packed: Buffer.from([1, 0, 0, 0, 0, 0, 123]),
				tags: [],
				keyVersion: '',
				keepMs: 60_000,
				userHash: damaged.explained.userHash,
				components: {},
			},
		]);
		const outcomes = await here.lookup([known, known, damaged]);
		expect(outcomes[2]!.reasons[0]).toBe('unreadable entry: the checksum differs');
		expect(leads(outcomes[2]!)).toBe(true);
		await pause(20);
		const spaces = await backend.store.inspect();
		expect(spaces.find((space) => space.namespace === namespace)).toMatchObject({
			hits: 2,
			misses: 1,
			corrupt: 1,
			stores: 1,
		});
	});
});

/** A store that does what it is asked for, and tells of leases only after a while. */
function answeringLate(store: CacheStore, afterMs: number): CacheStore {
	const late = async <T>(reply: T): Promise<T> => {
		await pause(afterMs);
		return reply;
	};
	return {
		...store,
		lookup: async (queries) => {
			const reply = await store.lookup(queries);
			return reply.rows.every(({ found }) => found) ? reply : late(reply);
		},
		acquireLeases: async (refs, ttlMs) => late(await store.acquireLeases(refs, ttlMs)),
	};
}

/** A store whose lookups fail after some that succeed. */
function failingAfter(successes: number, store: CacheStore): CacheStore {
	let left = successes;
	return {
		...store,
		lookup: async (queries) => {
			if (left-- > 0) return store.lookup(queries);
			throw new StoreUnavailable('gone');
		},
	};
}
