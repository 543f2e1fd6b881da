/** A real n8n with this package, made for one test file and thrown away after it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Credential, EditorSession } from '../../scripts/lib/n8nContent.mjs';
import {
	importCredentials,
	importWorkflows,
	logIn,
	publish,
	waitForWebhooks,
} from '../../scripts/lib/n8nContent.mjs';
import { ensureN8nHost } from '../../scripts/lib/n8nHost.mjs';
import type { N8nEnd, N8nProcess } from '../../scripts/lib/n8nProcess.mjs';
import { startN8n } from '../../scripts/lib/n8nProcess.mjs';
import { ensureUserFolder, setUpOwner } from '../../scripts/lib/n8nUserFolder.mjs';
import { readTemplates } from '../../scripts/lib/templates/files.mjs';
import type { FitOptions, Workflow } from '../../scripts/lib/templates/fit.mjs';
import { fitTemplate } from '../../scripts/lib/templates/fit.mjs';

export type Backend = 'embedded' | 'redis';

/** The backend of this run; the end-to-end runner runs everything once for each. */
export const backend: Backend =
	process.env.PROMPT_CACHE_E2E_BACKEND === 'redis' ? 'redis' : 'embedded';

export interface WebhookAnswer {
	status: number;
	// The shape is what the test asserts.
	body: Record<string, never> & { answer?: string; model?: string; cache?: CacheField };
	text: string;
	ms: number;
}

export interface CacheField {
	status: string;
	key: string;
	namespace: string;
	backend: string;
	reasons: string[];
	stored?: boolean;
}

export interface TestN8n {
	readonly url: string;
	readonly userFolder: string;
	post(route: string, body: unknown, headers?: Record<string, string>): Promise<WebhookAnswer>;
	logIn(): Promise<EditorSession>;
	/** Everything n8n printed since the test file began, over restarts. */
	log(): string;
	/** Starts n8n anew after a stop in good order, or after SIGKILL; resolves to how it ended. */
	restart(how?: { killed: boolean }): Promise<N8nEnd>;
	stop(): Promise<void>;
}

export interface TestN8nOptions {
	credentials: Credential[];
	workflows: Workflow[];
	env?: Record<string, string>;
	/** A database to be used instead of the SQLite file, as n8n's environment names it; empty. */
	database?: Record<string, string>;
	/** Where the package is taken from; this checkout by default. */
	packageFolder?: string;
}

/** The shipped template `file`, made ready for import. */
export function template(file: string, options: FitOptions): Workflow {
	const found = readTemplates().find((candidate) => candidate.file === file);
	if (!found) throw new Error(`There is no template ${file}`);
	const { workflow, missing } = fitTemplate(found.workflow, options);
	if (missing.length > 0) throw new Error(`${file} also needs credentials: ${missing.join(', ')}`);
	return workflow;
}

/** What a node's `credentials` field names, by type. */
export function references(credentials: Credential[]): FitOptions['credentials'] {
	return Object.fromEntries(credentials.map(({ id, name, type }) => [type, { id, name }]));
}

async function post(url: string, body: unknown, headers: Record<string, string>) {
	const since = performance.now();
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: typeof body === 'string' ? body : JSON.stringify(body),
	});
	const text = await answer.text();
	const ms = performance.now() - since;
	let parsed: unknown = {};
	try {
		parsed = JSON.parse(text);
	} catch {
		// Not JSON: the test sees it in `text`.
	}
	return { status: answer.status, body: parsed as WebhookAnswer['body'], text, ms };
}

/** Starts n8n with the workflows published; every `post` carries `defaultHeaders`. */
export async function startTestN8n(
	{ credentials, workflows, env = {}, database, packageFolder }: TestN8nOptions,
	defaultHeaders: Record<string, string> = {},
): Promise<TestN8n> {
	const host = await ensureN8nHost({ node: process.execPath, version: process.env.N8N_VERSION });
	const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-n8n-'));
	const owner = await ensureUserFolder(host, userFolder, packageFolder);
	const logs: string[] = [];
	let n8n: N8nProcess;

	const start = async () => {
		const port = n8n?.port;
		n8n = await startN8n(host, userFolder, { env: { ...env, ...database }, port });
	};
	const end = async () => {
		const how = await n8n.stop();
		logs.push(n8n.log());
		return how;
	};

	await importCredentials(host, userFolder, credentials, database);
	await importWorkflows(host, userFolder, workflows, database);
	await start();
	try {
		if (database) await setUpOwner(n8n!.url, owner);
		const ids = workflows.map(({ id }) => id as string);
		await publish(await logIn(n8n!.url, owner), ids);
		await waitForWebhooks(n8n!.url, workflows);
	} catch (error) {
		await end();
		throw error;
	}

	return {
		get url() {
			return n8n.url;
		},
		userFolder,
		post: (route, body, headers = {}) =>
			post(`${n8n.url}/webhook/${route}`, body, { ...defaultHeaders, ...headers }),
		logIn: () => logIn(n8n.url, owner),
		log: () => [...logs, n8n.log()].join('\n'),
		restart: async (how) => {
			if (how?.killed) {
				// The group: task runners would outlive n8n.
				process.kill(-n8n.pid, 'SIGKILL');
				await n8n.ended;
			}
			const ended = await end();
			await start();
			await waitForWebhooks(n8n.url, workflows);
			return ended;
		},
		stop: async () => {
			await end();
			fs.rmSync(userFolder, { recursive: true, force: true });
		},
	};
}
