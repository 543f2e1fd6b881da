import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { encodeReservation, periodKey, scopesOf } from '../../core/budget/budget';
import type { LedgerCall } from '../../core/ledger/call';
import { addCounters, packCounters, unpackCounters } from '../../core/ledger/counters';
import { retention } from '../../core/ledger/retention';
import type { LedgerRow, LedgerSpan } from '../../core/ledger/rows';
import { daysOf, dimensionsDecoder, encodeDimensions, rowsOf } from '../../core/ledger/rows';
import type { Clock } from '../../ports/Clock';
import type { CostLedger } from '../../ports/CostLedger';
import { attempt, attemptPatiently } from './attempt';
import { inTransaction } from './transaction';

/**
 * Tables, beside the cache's in the same file:
 * ledger_seen   booked ids (SHA-1, first 16 bytes) and when, so that each call counts once
 * ledger        packed counters by span (hour or day), its begin, and dimensions
 * ledger_spend  nano-USD by period (day or month) and budget scope
 * ledger_reserved  open reservations with their end
 * ledger_notes  last notes on prompts, newest with the highest id
 * A batch is one write transaction: all of it is booked, or none.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS ledger_seen (id BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
	span TEXT NOT NULL, start INTEGER NOT NULL, dimensions TEXT NOT NULL, counters TEXT NOT NULL,
	PRIMARY KEY (span, start, dimensions)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_spend (
	period TEXT NOT NULL, scope TEXT NOT NULL, nano_usd INTEGER NOT NULL, PRIMARY KEY (period, scope)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_reserved (
	id TEXT PRIMARY KEY, period TEXT NOT NULL, scope TEXT NOT NULL, nano_usd INTEGER NOT NULL, ends_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger_notes (
	id INTEGER PRIMARY KEY, prompt TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_notes_prompt ON ledger_notes (prompt, id);
CREATE INDEX IF NOT EXISTS ledger_reserved_scope ON ledger_reserved (period, scope);
`;

const pruneEveryMs = 3_600_000;
/** How long a booking waits for another process's write. */
const PATIENCE_MS = 3_000;

/** The cost ledger in an opened SQLite database; creates its tables. */
export function sqliteCostLedger(db: DatabaseSync, clock: Clock): CostLedger {
	attempt(() => db.exec(SCHEMA), db);
	const sql = attempt(() => statements(db), db);
	const write = <T>(work: () => T): Promise<T> =>
		attemptPatiently(() => inTransaction(db, work), db, PATIENCE_MS);
	let prunedAtMs = 0;

	function book(calls: readonly LedgerCall[]): boolean[] {
		const nowMs = clock.nowMs();
		const isNew = calls.map((call) => Number(sql.seen.run(shortId(call.id), nowMs).changes) === 1);
		const fresh = calls.filter((_, index) => isNew[index]);
		const hours = rowsOf('hour', fresh);
		for (const row of hours) add('hour', row);
		const days = daysOf(hours);
		for (const row of days) add('day', row);
		for (const [key, nanoUsd] of spendOf(days)) sql.spend.run(...splitKey(key), nanoUsd);
		for (const call of fresh) {
			for (const reservation of call.settles) sql.settle.run(encodeReservation(reservation));
		}
		return isNew;
	}

	function add(span: LedgerSpan, row: LedgerRow): void {
		const dimensions = encodeDimensions(row.dimensions);
		const known = sql.row.get(span, row.startMs, dimensions);
		const counters = known
			? addCounters(unpackCounters(String(known.counters)), row.counters)
			: row.counters;
		sql.write.run(span, row.startMs, dimensions, packCounters(counters));
	}

	function prune(): void {
		const nowMs = clock.nowMs();
		if (nowMs - prunedAtMs < pruneEveryMs) return;
		prunedAtMs = nowMs;
		sql.pruneSeen.run(nowMs - retention.seenMs);
		sql.pruneRows.run('hour', nowMs - retention.hourMs);
		sql.pruneRows.run('day', nowMs - retention.dayMs);
		sql.pruneSpend.run(periodKey('day', nowMs - retention.dayMs));
		sql.pruneReserved.run(nowMs);
		sql.pruneNotes.run(nowMs - retention.hourMs);
	}

	return {
		backend: 'embedded',

		record: (calls) =>
			write(() => {
				prune();
				return book(calls);
			}),

		reserve: ({ reservation, limitNanoUsd, amountNanoUsd, ttlMs }) =>
			write(() => {
				const { periodKey: period, scope } = reservation;
				const nowMs = clock.nowMs();
				sql.pruneReserved.run(nowMs);
				const spent = Number(sql.spent.get(period, scope)?.nano_usd ?? 0);
				const reserved = Number(sql.reserved.get(period, scope)?.nano_usd ?? 0);
				const granted = spent + reserved + amountNanoUsd <= limitNanoUsd;
				if (granted) {
					const id = encodeReservation(reservation);
					sql.reserve.run(id, period, scope, amountNanoUsd, nowMs + ttlMs);
				}
				const open = reserved + (granted ? amountNanoUsd : 0);
				return { granted, spentNanoUsd: spent, reservedNanoUsd: open };
			}),

		spent: async (period, scope) =>
			attempt(() => Number(sql.spent.get(period, scope)?.nano_usd ?? 0), db),

		release: (reservations) =>
			write(() => {
				for (const reservation of reservations) sql.settle.run(encodeReservation(reservation));
			}),

		remember: (prompt, note, keep) =>
			write(() => {
				const earlier = sql.notes.all(prompt, keep).map((row) => String(row.note));
				sql.note.run(prompt, clock.nowMs(), note);
				sql.dropNotes.run(prompt, prompt, keep);
				return earlier;
			}),

		rows: async ({ span, fromMs, toMs }) =>
			attempt(() => {
				const found: LedgerRow[] = [];
				const decode = dimensionsDecoder();
				for (const row of sql.rows.iterate(span, fromMs, toMs)) {
					const dimensions = decode(String(row.dimensions));
					if (dimensions === null) continue;
					const counters = unpackCounters(String(row.counters));
					found.push({ startMs: Number(row.start), dimensions, counters });
				}
				return found;
			}, db),
	};
}

function statements(db: DatabaseSync) {
	return {
		seen: db.prepare('INSERT OR IGNORE INTO ledger_seen (id, at) VALUES (?, ?)'),
		row: db.prepare('SELECT counters FROM ledger WHERE span = ? AND start = ? AND dimensions = ?'),
		write: db.prepare(
			'INSERT OR REPLACE INTO ledger (span, start, dimensions, counters) VALUES (?, ?, ?, ?)',
		),
		rows: db.prepare(
			'SELECT start, dimensions, counters FROM ledger WHERE span = ? AND start >= ? AND start < ?',
		),
		spend: db.prepare(
			`INSERT INTO ledger_spend (period, scope, nano_usd) VALUES (?, ?, ?)
			ON CONFLICT (period, scope) DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd`,
		),
		spent: db.prepare('SELECT nano_usd FROM ledger_spend WHERE period = ? AND scope = ?'),
		reserved: db.prepare(
			'SELECT SUM(nano_usd) AS nano_usd FROM ledger_reserved WHERE period = ? AND scope = ?',
		),
		reserve: db.prepare(
			'INSERT OR REPLACE INTO ledger_reserved (id, period, scope, nano_usd, ends_at) VALUES (?, ?, ?, ?, ?)',
		),
		settle: db.prepare('DELETE FROM ledger_reserved WHERE id = ?'),
		notes: db.prepare('SELECT note FROM ledger_notes WHERE prompt = ? ORDER BY id DESC LIMIT ?'),
		note: db.prepare('INSERT INTO ledger_notes (prompt, at, note) VALUES (?, ?, ?)'),
		dropNotes: db.prepare(
			`DELETE FROM ledger_notes WHERE prompt = ? AND id NOT IN
			(SELECT id FROM ledger_notes WHERE prompt = ? ORDER BY id DESC LIMIT ?)`,
		),
		pruneNotes: db.prepare('DELETE FROM ledger_notes WHERE at < ?'),
		pruneSeen: db.prepare('DELETE FROM ledger_seen WHERE at < ?'),
		pruneRows: db.prepare('DELETE FROM ledger WHERE span = ? AND start < ?'),
		pruneSpend: db.prepare('DELETE FROM ledger_spend WHERE period < ?'),
		pruneReserved: db.prepare('DELETE FROM ledger_reserved WHERE ends_at <= ?'),
	};
}

const keySeparator = '\n';

/** Nano-USD by period and scope; hits and unknown costs spend nothing. */
function spendOf(days: readonly LedgerRow[]): Map<string, number> {
	const spend = new Map<string, number>();
	for (const { startMs, dimensions, counters } of days) {
		const cost = counters.costNanoUsd + counters.overheadNanoUsd;
		if (cost === 0) continue;
		for (const period of ['day', 'month'] as const) {
			for (const scope of scopesOf(dimensions)) {
				const key = periodKey(period, startMs) + keySeparator + scope;
				spend.set(key, (spend.get(key) ?? 0) + cost);
			}
		}
	}
	return spend;
}

function splitKey(key: string): [string, string] {
	const at = key.indexOf(keySeparator);
	return [key.slice(0, at), key.slice(at + 1)];
}

function shortId(id: string): Buffer {
	return hash('sha1', id, 'buffer').subarray(0, 16);
}
