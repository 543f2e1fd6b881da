import { hash } from 'node:crypto';
import type { Cluster, Redis, Result } from 'ioredis';
import { periodKey, scopesOf } from '../../core/budget/budget';
import type { LedgerCall } from '../../core/ledger/call';
import { countersOf, packCounters, unpackCounters } from '../../core/ledger/counters';
import { retention } from '../../core/ledger/retention';
import type { LedgerRow, LedgerSpan } from '../../core/ledger/rows';
import { dimensionsDecoder, encodeDimensions, spanStart } from '../../core/ledger/rows';
import type { CostLedger } from '../../ports/CostLedger';
import { attempt } from './attempt';
import { RECORD, RESERVE } from './costLedgerScripts';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcLedgerRecord(keyCount: number, ...args: Array<string | number>): Result<string, Context>;
		pcLedgerReserve(
			keyCount: number,
			...args: Array<string | number>
		): Result<[number, string, string], Context>;
	}
}

/** Calls of one script run: a longer batch goes as several runs in the same round trip. */
const callsPerRun = 500;
const msPerDay = 86_400_000;

/**
 * The cost ledger on Redis 7+ or Valkey 8, alone, under Sentinel, or as a cluster. One slot, so that
 * a call is booked atomically:
 *
 * `<prefix>{ledger}:seen:<day>`      set   ids booked that day (SHA-1, 16 characters)
 * `<prefix>{ledger}:hour:<start>`    hash  dimensions -> packed counters
 * `<prefix>{ledger}:day:<start>`     hash  the same by the day
 * `<prefix>{ledger}:spend:<period>`  hash  budget scope -> nano-USD
 * `<prefix>{ledger}:reserved:<period>:<scope>` hash  id -> nano-USD and end, by the server's clock
 * `<prefix>{ledger}:ends`            sorted set  the keys above -> when they are deleted, by the server's clock
 * `<prefix>{ledger}:notes:<prompt>`  list   last notes on a prompt (name as SHA-1), newest first
 */
export function redisCostLedger(client: Redis | Cluster, prefix: string): CostLedger {
	client.defineCommand('pcLedgerRecord', { lua: RECORD });
	client.defineCommand('pcLedgerReserve', { lua: RESERVE });
	const base = `${prefix}{ledger}:`;
	const rowsKey = (span: LedgerSpan, startMs: number): string => `${base}${span}:${startMs}`;
	const spendKey = (period: string): string => `${base}spend:${period}`;
	const reservedKey = (period: string, scope: string): string =>
		`${base}reserved:${period}:${scope}`;
	const ends = `${base}ends`;

	function run(calls: readonly LedgerCall[], startMs: number): Promise<string> {
		const hours = new Positions();
		const reservations = new Positions();
		const scopes = new Positions();
		const rows = new Positions();
		const rowArgs: Array<string | number> = [];
		const callArgs: Array<string | number> = [];
		for (const call of calls) {
			const hour = hours.of(rowsKey('hour', spanStart('hour', call.atMs)));
			const dimensions = encodeDimensions(call);
			const known = rows.size;
			const row = rows.of(`${hour} ${dimensions}`);
			const counters = countersOf(call);
			if (rows.size > known) rowArgs.push(hour, dimensions);
			const settles = call.settles.map(
				({ periodKey: period, scope, id }) =>
					`${reservations.of(reservedKey(period, scope))} ${id}`,
			);
			callArgs.push(
				shortId(call.id),
				row,
				packCounters(counters),
				counters.costNanoUsd + counters.overheadNanoUsd,
				scopesOf(call)
					.map((scope) => scopes.of(scope))
					.join(' '),
				settles.join('\n'),
			);
		}
		const keys = [
			...[0, -1, 1].map((days) => `${base}seen:${startMs + days * msPerDay}`),
			rowsKey('day', startMs),
			spendKey(periodKey('day', startMs)),
			spendKey(periodKey('month', startMs)),
			ends,
			...hours.names(),
			...reservations.names(),
		];
		return client.pcLedgerRecord(
			keys.length,
			...keys,
			retention.seenMs,
			retention.hourMs,
			retention.dayMs,
			hours.size,
			rows.size,
			...rowArgs,
			scopes.size,
			...scopes.names(),
			...callArgs,
		);
	}

	return {
		backend: 'redis',

		record: (calls) =>
			attempt(
				(async () => {
					const booked = new Array<boolean>(calls.length).fill(false);
					const runs = inRuns(calls).map(async ({ startMs, positions }) => {
						const members = positions.map((position) => calls[position]!);
						const answer = await run(members, startMs);
						positions.forEach((position, at) => {
							booked[position] = answer[at] === '1';
						});
					});
					await Promise.all(runs);
					return booked;
				})(),
			),

		reserve: ({ reservation, limitNanoUsd, amountNanoUsd, ttlMs }) =>
			attempt(
				(async () => {
					const { periodKey: period, scope, id } = reservation;
					const [granted, spent, reserved] = await client.pcLedgerReserve(
						3,
						spendKey(period),
						reservedKey(period, scope),
						ends,
						scope,
						id,
						limitNanoUsd,
						amountNanoUsd,
						ttlMs,
					);
					return {
						granted: granted === 1,
						spentNanoUsd: Number(spent),
						reservedNanoUsd: Number(reserved),
					};
				})(),
			),

		spent: (period, scope) => attempt(client.hget(spendKey(period), scope).then(Number)),

		release: (reservations) =>
			attempt(
				Promise.all(
					reservations.map(({ periodKey: period, scope, id }) =>
						client.hdel(reservedKey(period, scope), id),
					),
				).then(() => undefined),
			),

		remember: (prompt, note, keep) =>
			attempt(
				(async () => {
					const key = `${base}notes:${shortId(prompt)}`;
					const [earlier] = await Promise.all([
						client.lrange(key, 0, keep - 1),
						client.lpush(key, note),
						client.ltrim(key, 0, keep - 1),
						client.pexpire(key, retention.hourMs),
					]);
					return earlier;
				})(),
			),

		rows: ({ span, fromMs, toMs }) =>
			attempt(
				(async () => {
					const starts: number[] = [];
					const step = span === 'hour' ? 3_600_000 : msPerDay;
					for (let at = spanStart(span, fromMs + step - 1); at < toMs; at += step) starts.push(at);
					const hashes = await Promise.all(
						starts.map((start) => client.hgetall(rowsKey(span, start))),
					);
					const decode = dimensionsDecoder();
					return hashes.flatMap((fields, index) => toRows(starts[index]!, fields, decode));
				})(),
			),
	};
}

/** Numbers texts from 1 in the order in which they first come. */
class Positions {
	private readonly known = new Map<string, number>();

	get size(): number {
		return this.known.size;
	}

	of(name: string): number {
		const position = this.known.get(name) ?? this.known.size + 1;
		this.known.set(name, position);
		return position;
	}

	names(): string[] {
		return [...this.known.keys()];
	}
}

/** Positions of the calls by day, at most `callsPerRun` together. */
function inRuns(calls: readonly LedgerCall[]): Array<{ startMs: number; positions: number[] }> {
	const days = new Map<number, number[]>();
	calls.forEach((call, position) => {
		const startMs = spanStart('day', call.atMs);
		const day = days.get(startMs);
		if (day === undefined) days.set(startMs, [position]);
		else day.push(position);
	});
	return [...days].flatMap(([startMs, positions]) => {
		const runs = [];
		for (let at = 0; at < positions.length; at += callsPerRun) {
			runs.push({ startMs, positions: positions.slice(at, at + callsPerRun) });
		}
		return runs;
	});
}

function toRows(
	startMs: number,
	fields: Record<string, string>,
	decode: ReturnType<typeof dimensionsDecoder>,
): LedgerRow[] {
	const rows: LedgerRow[] = [];
	for (const [field, packed] of Object.entries(fields)) {
		const dimensions = decode(field);
		if (dimensions !== null) rows.push({ startMs, dimensions, counters: unpackCounters(packed) });
	}
	return rows;
}

function shortId(id: string): string {
	return hash('sha1', id, 'base64url').slice(0, 16);
}
