import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import { semanticQuestion } from '../shared/core/semantic/partition';
import { openBackend } from '../shared/n8n/backend';
import { once } from '../shared/n8n/parameters';
import type { Connection } from '../shared/n8n/connections';
import { semanticDeps, semanticSettings, type SemanticOptions } from '../shared/n8n/semantic';
import { isHit, lookup, type LookupOutcome, type LookupSettings } from '../shared/services/lookup';
import { semanticLookup, type SemanticOutcome } from '../shared/services/semanticLookup';
import type { LookupOptions, ReadItem, ReadRequest } from './readItems';
import { releaseFailed } from './releaseFailed';

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
	read: ReadItem[],
): Promise<BackendAnswer> {
	const readable = read.filter((one): one is ReadRequest => 'asked' in one);
	const options = once<LookupOptions>(ctx, 'options', {});
	const {
		coalesce = true,
		coalesceWaitMs = 30_000,
		timeoutMs = 500,
		onBackendError = 'miss',
	} = options;
	try {
		const connection = await openBackend(ctx);
		const { encryptionKeys } = connection;
		if (connection.notice) ctx.logger.warn(connection.notice);
		connection.notice = undefined;
		const operation = once<'lookup' | 'fallback'>(ctx, 'operation', 'lookup');
		if (operation === 'fallback') await releaseFailed(ctx, items, connection, timeoutMs);
		const settings = { operation, coalesce, coalesceWaitMs, timeoutMs, encryptionKeys };
		return once<string>(ctx, 'match', 'exact') === 'semantic'
			? await askBoth(ctx, readable, settings, connection)
			: {
					connection,
					outcomes: await askExact(readable, settings, connection),
					semantic: new Map(),
				};
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || onBackendError === 'fail') throw error;
		const reasons = [`backend unreachable: ${error.message}`];
		if (error.hint) reasons.push(error.hint);
		const miss: LookupOutcome = { status: 'miss', reasons, leader: false, unavailable: true };
		return { outcomes: new Map(readable.map((one) => [one, miss])), semantic: new Map() };
	}
}

async function askExact(
	readable: ReadRequest[],
	settings: LookupSettings,
	connection: Connection,
): Promise<Map<ReadRequest, LookupOutcome>> {
	if (readable.length === 0) return new Map();
	const outcomes = await lookup(
		readable.map(({ asked }) => asked),
		settings,
		connection,
	);
	const byRequest = new Map<ReadRequest, LookupOutcome>();
	readable.forEach((one, at) => byRequest.set(one, outcomes[at]!));
	return byRequest;
}

/** The exact entry first; then nearness; and a lease only for what neither knows, or what is stale. */
async function askBoth(
	ctx: IExecuteFunctions,
	readable: ReadRequest[],
	settings: LookupSettings,
	connection: Connection,
): Promise<BackendAnswer> {
	const options = ctx.getNodeParameter('semantic', 0, {}) as SemanticOptions;
	const outcomes = await askExact(readable, { ...settings, looksAgain: true }, connection);
	const deps = await semanticDeps(ctx, connection, options);
	const asking = readable.flatMap((one, index) => {
		const outcome = outcomes.get(one)!;
		const refreshes = isHit(outcome) && outcome.refresh;
		if (!refreshes && outcome.status !== 'miss') return [];
		const { scope = '' } = ctx.getNodeParameter('semantic', index, {}) as SemanticOptions;
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
	const unanswered = readable.filter(
		(one) => !isHit(outcomes.get(one)!) && !semantic.get(one)?.hit,
	);
	for (const [one, outcome] of await askExact(unanswered, settings, connection)) {
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
