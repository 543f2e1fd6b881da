import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import { semanticQuestion } from '../shared/core/semantic/partition';
import { openBackend } from '../shared/n8n/backend';
import { once } from '../shared/n8n/parameters';
import { readNumber } from '../shared/n8n/readNumber';
import type { Connection } from '../shared/n8n/connections';
import { releaseFailed } from '../shared/n8n/releaseFailed';
import { semanticDeps, semanticSettings, type SemanticOptions } from '../shared/n8n/semantic';
import {
	isHit,
	lookUpParts,
	type LookupOutcome,
	type LookupRequest,
	type LookupSettings,
} from '../shared/services/lookup';
import { semanticLookup, type SemanticOutcome } from '../shared/services/semanticLookup';
import type { LookupOptions, Reading, ReadItem, ReadRequest } from './readItems';

export interface BackendAnswer {
	/** Undefined where the backend failed. */
	connection?: Connection;
	outcomes: Map<ReadRequest, LookupOutcome>;
	/** What the semantic index said of requests without an exact entry. */
	semantic: Map<ReadRequest, SemanticOutcome>;
}

/** Asks the backend for all readable requests at once; where it fails, every one is a miss, unless the user wants the error. */
export async function askBackend(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
	reading: Reading,
): Promise<BackendAnswer> {
	const options = once<LookupOptions>(ctx, 'options', {});
	const { coalesce = true, onBackendError = 'miss' } = options;
	const coalesceWaitMs = readNumber(options.coalesceWaitMs ?? 30_000, 'Coalesce Wait (Ms)');
	const timeoutMs = readNumber(options.timeoutMs ?? 500, 'Timeout (Ms)');
	try {
		const connection = await openBackend(ctx);
		const { encryptionKeys } = connection;
		if (connection.notice) ctx.logger.warn(connection.notice);
		connection.notice = undefined;
		const operation = once<'lookup' | 'fallback'>(ctx, 'operation', 'lookup');
		if (operation === 'fallback') await releaseFailed(ctx, items.entries(), connection, timeoutMs);
		const settings = { operation, coalesce, coalesceWaitMs, timeoutMs, encryptionKeys };
		return once<string>(ctx, 'match', 'exact') === 'semantic'
			? await askBoth(ctx, reading, settings, connection)
			: {
					connection,
					outcomes: await askExact(reading.parts, settings, connection),
					semantic: new Map(),
				};
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || onBackendError === 'fail') throw error;
		const reasons = [`backend unreachable: ${error.message}`];
		if (error.hint) reasons.push(error.hint);
		const miss: LookupOutcome = { status: 'miss', reasons, leader: false, unavailable: true };
		const readable = (await reading.all()).filter(isRequest);
		return { outcomes: new Map(readable.map((one) => [one, miss])), semantic: new Map() };
	}
}

const isRequest = (one: ReadItem): one is ReadRequest => 'asked' in one;

async function askExact(
	parts: Reading['parts'],
	settings: LookupSettings,
	connection: Connection,
): Promise<Map<ReadRequest, LookupOutcome>> {
	const readable: ReadRequest[] = [];
	const requests = parts.map((part) => async (): Promise<LookupRequest[]> => {
		const found = (await part()).filter(isRequest);
		readable.push(...found);
		return found.map(({ asked }) => asked);
	});
	const outcomes = await lookUpParts(requests, settings, connection);
	return new Map(readable.map((one, at) => [one, outcomes[at]!]));
}

/** The exact entry first; then nearness; and a lease only for what neither knows, or what is stale. */
async function askBoth(
	ctx: IExecuteFunctions,
	reading: Reading,
	settings: LookupSettings,
	connection: Connection,
): Promise<BackendAnswer> {
	const options = ctx.getNodeParameter('semantic', 0, {}) as SemanticOptions;
	const outcomes = await askExact(reading.parts, { ...settings, looksAgain: true }, connection);
	const deps = await semanticDeps(ctx, connection, options);
	const asking = [...outcomes].flatMap(([one, outcome]) => {
		const refreshes = isHit(outcome) && outcome.refresh;
		if (!refreshes && outcome.status !== 'miss') return [];
		const { scope = '' } = ctx.getNodeParameter('semantic', one.index, {}) as SemanticOptions;
		const { request, keyVersion, ignoreFields, asked } = one;
		const { namespace, control } = asked;
		const embedderId = deps.embedder.id;
		const question = semanticQuestion(request, {
			namespace,
			keyVersion,
			ignoreFields,
			scope,
			embedderId,
		});
		const placeOnly = refreshes || control.noCache;
		return question ? [{ one, request: { namespace, control, question, placeOnly } }] : [];
	});
	const semantic = await semanticallyOrNot(ctx, asking, () =>
		semanticLookup(
			asking.map(({ request }) => request),
			semanticSettings(options, settings.timeoutMs, settings.encryptionKeys),
			deps,
		),
	);
	const unanswered = [...outcomes.keys()].filter(
		(one) => !isHit(outcomes.get(one)!) && !semantic.get(one)?.hit,
	);
	for (const [one, outcome] of await askExact([async () => unanswered], settings, connection)) {
		outcomes.set(one, outcome);
	}
	return { connection, outcomes, semantic };
}

/** Without embedder or index the cache is an exact one; the log tells. */
async function semanticallyOrNot(
	ctx: IExecuteFunctions,
	asking: Array<{ one: ReadRequest }>,
	ask: () => Promise<SemanticOutcome[]>,
): Promise<Map<ReadRequest, SemanticOutcome>> {
	try {
		const found = await ask();
		return new Map(asking.map(({ one }, at) => [one, found[at]!]));
	} catch (error) {
		if (error instanceof ConfigError) throw error;
		const { message } = error as Error;
		ctx.logger.warn(`Semantic matching was skipped: ${message}`);
		return new Map(
			asking.map(({ one }) => [
				one,
				{ hit: false, reasons: [`semantic matching was skipped: ${message}`] },
			]),
		);
	}
}
