import type { ITriggerFunctions, IWebhookFunctions, NodeTypeAndVersion } from 'n8n-workflow';
import type { BudgetPeriod, PeriodBudget } from '../shared/core/budget/budget';
import { ConfigError } from '../shared/core/errors';
import { commaSeparated } from '../shared/core/key/ignoredFields';
import { nanoFromUsd } from '../shared/core/price/money';
import { keyDigest, type BearerKey } from '../shared/core/key/bearerKeys';
import type { Protocol } from '../shared/core/protocol/protocol';
import { keepSettings, storeRules } from '../shared/n8n/keepSettings';
import { triggerBackend } from '../shared/n8n/triggerBackend';
import type { EndpointPlan } from './endpoint';

interface KeyRow {
	name?: string;
	key?: string;
	namespace?: string;
	requestsPerMinute?: number;
	budgetUsd?: number;
	budgetPeriod?: BudgetPeriod;
}

/** The node's "Options". */
export interface ServingOptions {
	answerTimeoutSeconds?: number;
	coalesce?: boolean;
	coalesceWaitMs?: number;
	healthPath?: string;
	ignoreFields?: string;
	keyVersion?: string;
	maxConnections?: number;
	maxEntryBytes?: number;
	maxRequestBytes?: number;
	maxWaiting?: number;
	receiveTimeoutSeconds?: number;
	recordHits?: boolean;
	storeToolResults?: boolean;
	timeoutMs?: number;
	tlsCertificate?: string;
	tlsKey?: string;
	ttlJitterPercent?: number;
}

/**
 * Reads an endpoint from the node's parameters.
 * @throws ConfigError naming the parameter that is not usable
 */
export async function readPlan(ctx: ITriggerFunctions | IWebhookFunctions): Promise<EndpointPlan> {
	const text = (name: string): string => String(ctx.getNodeParameter(name, '') ?? '');
	const options = ctx.getNodeParameter('serving', {}) as ServingOptions;
	const backend = text('backend') || 'embedded';
	const id = `${ctx.getWorkflow().id}/${ctx.getNode().id}`;
	const below = ctx
		.getChildNodes(ctx.getNode().name, { includeNodeParameters: true })
		.filter((node) => !node.disabled);
	const has = (type: RegExp): boolean => below.some((node) => type.test(node.type));
	const storesItself = has(/(^|\.)cacheStore$/);
	const stores = ctx.getNodeParameter('storeAnswers', true) === true && !storesItself;
	return {
		id,
		protocol: text('protocol') as Protocol,
		backend,
		backendPlace: await triggerBackend(ctx, backend),
		keys: text('authentication') === 'none' ? undefined : readKeys(ctx),
		namespace: text('namespace') || 'default',
		models: commaSeparated(text('models')),
		keyVersion: options.keyVersion ?? '',
		ignoreFields: commaSeparated(options.ignoreFields ?? ''),
		// A Cache Lookup in the workflow elects the one who computes; two elections would wait for each other.
		coalesce: (options.coalesce ?? true) && !has(/(^|\.)cacheLookup$/) && (stores || storesItself),
		coalesceWaitMs: options.coalesceWaitMs ?? 30_000,
		timeoutMs: options.timeoutMs ?? 500,
		store: stores
			? keepSettings(
					{
						...options,
						ttlSeconds: ctx.getNodeParameter('ttlSeconds', 3600),
						graceSeconds: ctx.getNodeParameter('graceSeconds', 86_400),
					},
					storeRules({}, options.storeToolResults ?? false),
				)
			: undefined,
		maxRequestBytes: options.maxRequestBytes ?? 4 * 1024 ** 2,
		receiveTimeoutMs: (options.receiveTimeoutSeconds ?? 30) * 1000,
		answerTimeoutMs: (options.answerTimeoutSeconds ?? 120) * 1000,
		maxWaiting: options.maxWaiting ?? 100,
		recordHits: options.recordHits ?? false,
		storesItself,
		workflow: ctx.getWorkflow().name ?? '',
		// n8n gives an HTTP Request node no way to be stopped: its call is made and paid in any case.
		runsOn: !has(/^@n8n\/n8n-nodes-langchain\./),
		booksCalls: !below.some((node) => booksInto(node, backend)),
	};
}

/** A Cost Tracker below that books calls where this trigger would; parameters left out have their defaults. */
function booksInto({ type, parameters = {} }: NodeTypeAndVersion, backend: string): boolean {
	const { operation = 'record', backend: ledger = 'embedded' } = parameters;
	return /(^|\.)costTracker$/.test(type) && operation === 'record' && ledger === backend;
}

function readKeys(ctx: ITriggerFunctions | IWebhookFunctions): BearerKey[] {
	const { key: rows = [] } = ctx.getNodeParameter('keys', {}) as { key?: KeyRow[] };
	const keys = rows.map((row, index) => readKey(row, index));
	if (keys.length > 0) return keys;
	throw new ConfigError(
		'The endpoint has no keys',
		'Keys',
		'Add one, or set "Authentication" to "None" for an endpoint that only programs on this machine can reach.',
	);
}

const SHORTEST_KEY = 8;

function readKey(
	{ name, key = '', namespace, requestsPerMinute = 0, ...limits }: KeyRow,
	at: number,
): BearerKey {
	if (key.trim().length < SHORTEST_KEY) {
		throw new ConfigError(
			`Key ${at + 1} has fewer than ${SHORTEST_KEY} characters`,
			'Keys',
			'Make one with: openssl rand -hex 24',
		);
	}
	return {
		name: name || `key ${at + 1}`,
		digest: keyDigest(key.trim()),
		namespace: namespace || 'default',
		requestsPerMinute,
		budget: readBudget(limits, at),
	};
}

function readBudget(
	{ budgetUsd = 0, budgetPeriod = 'month' }: KeyRow,
	at: number,
): PeriodBudget | undefined {
	const limitNanoUsd = nanoFromUsd(budgetUsd);
	if (limitNanoUsd !== null) {
		return limitNanoUsd > 0 ? { limitNanoUsd, period: budgetPeriod } : undefined;
	}
	throw new ConfigError(
		`The spending limit of key ${at + 1} is not an amount in USD`,
		'Keys',
		'Give a number such as 25 or 0.5, or 0 for no limit.',
	);
}

/** Parameters of the listener, for `port`. */
export interface Place {
	address: string;
	port: number;
	/** Begins with a slash, or is empty. */
	path: string;
	healthPath: string;
	tls?: { cert: string; key: string };
	maxConnections: number;
	receiveTimeoutMs: number;
	answerTimeoutMs: number;
}

/** @throws ConfigError naming the parameter that is not usable */
export function readPlace(ctx: ITriggerFunctions, plan: EndpointPlan): Place {
	const options = ctx.getNodeParameter('serving', {}) as ServingOptions;
	const port = Number(ctx.getNodeParameter('port', 8787));
	if (!Number.isInteger(port) || port < 1 || port > 65_535) {
		throw new ConfigError(`"${port}" is not a port`, 'Port', 'Choose a number from 1 to 65535.');
	}
	const { tlsCertificate: cert = '', tlsKey: key = '' } = options;
	if ((cert === '') !== (key === '')) {
		throw new ConfigError(
			'TLS needs a certificate and its key',
			cert === '' ? 'TLS Certificate' : 'TLS Key',
			'Fill in both, or neither for plain HTTP.',
		);
	}
	const path = pathOf(String(ctx.getNodeParameter('path', '')));
	return {
		address: String(ctx.getNodeParameter('address', '127.0.0.1')) || '127.0.0.1',
		port,
		path,
		healthPath: pathOf(options.healthPath ?? 'healthz'),
		tls: cert === '' ? undefined : { cert, key },
		maxConnections: options.maxConnections ?? 2_000,
		receiveTimeoutMs: plan.receiveTimeoutMs,
		answerTimeoutMs: plan.answerTimeoutMs,
	};
}

/** `llm/`, `/llm` and `llm` are the same path. */
function pathOf(path: string): string {
	const parts = path.split('/').filter((part) => part !== '');
	if (parts.every((part) => /^[\w.~-]+$/.test(part) && !/^\.+$/.test(part))) {
		return parts.map((part) => `/${part}`).join('');
	}
	throw new ConfigError(
		`"${path}" is not a path`,
		'Path',
		'Use letters, digits and hyphens, with slashes in between, e.g. team-a/llm.',
	);
}
