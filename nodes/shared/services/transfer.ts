import { decodeEntry, encodeEntry, type EnvelopeOptions } from '../core/entry/envelope';
import { ConfigError, CorruptEntry, StoreUnavailable } from '../core/errors';
import type { Json } from '../core/json';
import { isJsonObject } from '../core/json';
import type { ExportedEntry, StoreCommand } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';

const FORMAT = 1;
const BATCH = 200;
const BATCH_TIMEOUT_MS = 30_000;
/** Of one file: it is held in memory. */
const MOST_BYTES = 256 * 1024 ** 2;

/** One line of an export. Ages travel, not deadlines, so that the clocks of two machines need not agree. */
export function toLine(entry: ExportedEntry): string {
	const { namespace, key, ageMs, keepMs, tags, keyVersion, packed } = entry;
	return JSON.stringify({
		format: FORMAT,
		namespace,
		key,
		ageMs,
		keepMs,
		tags,
		keyVersion,
		packed: packed.toString('base64'),
	});
}

export interface ExportPart {
	/** One entry each, in no particular order. */
	lines: string[];
	/** Where the next part begins; null where this was the last. */
	next: string | null;
	/** Why the walk broke off; what came before is in `lines`. */
	interrupted?: string;
}

/**
 * Reads entries as lines, about `mostEntries` of them and no more than fit into a file, from `from` on.
 * @throws StoreUnavailable where the backend fails before the first; ConfigError where `from` is no position
 */
export async function exportLines(
	{ namespace, from, mostEntries }: { namespace?: string; from?: string; mostEntries: number },
	{ store }: { store: GuardedStore },
	timeoutMs: number,
): Promise<ExportPart> {
	const part: ExportPart = { lines: [], next: null };
	let position: string | undefined;
	let bytes = 0;
	let isOver = false;
	try {
		await store.run(async (live) => {
			for await (const entry of live.entries(namespace, from)) {
				if (isOver) return;
				const isFull = part.lines.length >= mostEntries || bytes >= MOST_BYTES;
				if (isFull && entry.position !== position) {
					part.next = entry.position;
					return;
				}
				({ position } = entry);
				const line = toLine(entry);
				part.lines.push(line);
				bytes += line.length;
			}
		}, timeoutMs);
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || position === undefined) throw error;
		return { ...part, next: position, interrupted: error.message };
	} finally {
		// A walk whose time is over goes on by itself otherwise.
		isOver = true;
	}
	return part;
}

export interface ImportReport {
	imported: number;
	/** Lines whose entry has outlived its grace period, cannot be read here, or was refused by the backend. */
	skipped: number;
	/** Lines done, from the beginning of the file: pass it as `skipLines` to go on after a break. */
	lines: number;
}

/**
 * Stores the entries of an export; those already past their grace period are left out.
 * Ages and lifetimes go on where they were: an import makes nothing fresh again.
 * @throws ConfigError on a line that is not an export's; StoreUnavailable, naming the lines that are done, where the backend fails
 */
export async function importLines(
	lines: Iterable<string>,
	skipLines: number,
	store: GuardedStore,
	envelope: EnvelopeOptions,
): Promise<ImportReport> {
	const report: ImportReport = { imported: 0, skipped: 0, lines: 0 };
	let batch: StoreCommand[] = [];
	let doneLines = skipLines;
	const flush = async () => {
		const commands = batch;
		batch = [];
		const replies =
			commands.length === 0
				? []
				: await store.run((live) => live.store(commands), BATCH_TIMEOUT_MS).catch(broken);
		const stored = replies.filter((reply) => reply.stored).length;
		report.imported += stored;
		report.skipped += replies.length - stored;
		doneLines = report.lines;
	};
	const broken = (error: unknown): never => {
		if (!(error instanceof StoreUnavailable)) throw error;
		const hint = `${error.hint ?? ''} Import again with "Skip Lines" set to ${doneLines}.`.trim();
		throw new StoreUnavailable(`${error.message} (${doneLines} lines are done)`, hint, {
			cause: error,
		});
	};
	for (const line of lines) {
		if (line.trim() === '') continue;
		report.lines += 1;
		if (report.lines <= skipLines) continue;
		const command = toCommand(line, report.lines, envelope);
		if (command) batch.push(command);
		else report.skipped += 1;
		if (batch.length >= BATCH) await flush();
	}
	await flush();
	return report;
}

function toCommand(
	line: string,
	lineNumber: number,
	envelope: EnvelopeOptions,
): StoreCommand | undefined {
	const { namespace, key, ageMs, keepMs, tags, keyVersion, packed } = parseLine(line, lineNumber);
	const leftMs = keepMs - ageMs;
	if (leftMs <= 0) return undefined;
	try {
		const entry = decodeEntry(Buffer.from(packed, 'base64'), envelope.encryptionKeys);
		// Imports once left the age inside the entry.
		const { ageMs: earlierMs = 0, ...meta } = entry.meta;
		const repacked = encodeEntry({ ...entry, meta }, envelope);
		return {
			namespace,
			key,
			packed: repacked,
			tags,
			keyVersion,
			keepMs: leftMs,
			ageMs: earlierMs + ageMs,
			userHash: '',
			components: {},
		};
	} catch (error) {
		if (error instanceof CorruptEntry) return undefined;
		throw error;
	}
}

interface Line {
	namespace: string;
	key: string;
	ageMs: number;
	keepMs: number;
	tags: string[];
	keyVersion: string;
	packed: string;
}

function parseLine(line: string, lineNumber: number): Line {
	let value: Json;
	try {
		value = JSON.parse(line) as Json;
	} catch {
		value = null;
	}
	const valid =
		isJsonObject(value) &&
		value.format === FORMAT &&
		typeof value.namespace === 'string' &&
		/^[0-9a-f]{64}$/.test(String(value.key)) &&
		typeof value.ageMs === 'number' &&
		typeof value.keepMs === 'number' &&
		typeof value.packed === 'string' &&
		Array.isArray(value.tags);
	if (valid) return value as unknown as Line;
	throw new ConfigError(
		`Line ${lineNumber} is not a line of a cache export`,
		'Input Binary Field',
		`Use a file made by the operation "export". ${lineNumber - 1} lines were read before it.`,
	);
}
