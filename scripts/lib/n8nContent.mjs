/** Brings credentials and workflows into an n8n, and publishes workflows over its own API. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { n8nCommand } from './n8nProcess.mjs';

async function withFolder(work) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-import-'));
	try {
		return await work(folder);
	} finally {
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

/**
 * Imports `[{ id, name, type, data }]`; what has the same id is replaced. n8n may be running. `env`: of
 * another database than the user folder's.
 */
export function importCredentials(host, userFolder, credentials, env) {
	return withFolder(async (folder) => {
		const file = path.join(folder, 'credentials.json');
		fs.writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
		await n8nCommand(host, userFolder, ['import:credentials', `--input=${file}`], env);
	});
}

/** Imports workflows that carry an `id`; they arrive switched off. */
export function importWorkflows(host, userFolder, workflows, env) {
	return withFolder(async (folder) => {
		for (const workflow of workflows) {
			fs.writeFileSync(path.join(folder, `${workflow.id}.json`), JSON.stringify(workflow));
		}
		await n8nCommand(
			host,
			userFolder,
			['import:workflow', '--separate', `--input=${folder}/`],
			env,
		);
	});
}

/** A session of the owner: `call(method, path, body)` on n8n's editor API. */
export async function logIn(url, { email, password }) {
	const answer = await fetch(`${url}/rest/login`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ emailOrLdapLoginId: email, password }),
	});
	if (!answer.ok) throw new Error(`n8n refused the login: ${answer.status} ${await answer.text()}`);
	const cookie = answer.headers
		.getSetCookie()
		.map((line) => line.split(';')[0])
		.join('; ');
	return {
		cookie,
		call: async (method, route, body) => {
			const response = await fetch(`${url}/rest${route}`, {
				method,
				headers: { cookie, 'content-type': 'application/json' },
				body: body === undefined ? undefined : JSON.stringify(body),
			});
			const text = await response.text();
			if (!response.ok) {
				const error = new Error(`${method} ${route}: ${response.status} ${text}`);
				throw Object.assign(error, { status: response.status });
			}
			return text === '' ? undefined : JSON.parse(text).data;
		},
	};
}

/** Asks n8n to switch a workflow on; before 2.x this was a change of the workflow itself. */
async function activate(session, id, versionId) {
	try {
		await session.call('POST', `/workflows/${id}/activate`, { versionId });
	} catch (error) {
		if (error.status !== 404) throw error;
		await session.call('PATCH', `/workflows/${id}`, { active: true, versionId });
	}
}

/** Publishes (switches on) workflows and waits until n8n says so. Throws with n8n's reason. */
export async function publish(session, ids) {
	for (const id of ids) {
		const { versionId } = await session.call('GET', `/workflows/${id}`);
		await activate(session, id, versionId);
		for (let tries = 0; ; tries++) {
			const { active, activeVersionId } = await session.call('GET', `/workflows/${id}`);
			if (active && (activeVersionId ?? versionId) === versionId) break;
			if (tries > 100) throw new Error(`Workflow ${id} was not switched on within 10 s.`);
			await sleep(100);
		}
	}
}

const isRegistered = async (url, method, route) => {
	// n8n answers a preflight request with the methods that are registered for the path.
	const { headers } = await fetch(`${url}/webhook/${route}`, {
		method: 'OPTIONS',
		headers: { origin: url },
	});
	return (headers.get('access-control-allow-methods') ?? '').includes(method);
};

/** Waits until the webhooks of published workflows answer; n8n registers them after it is ready. */
export async function waitForWebhooks(url, workflows, timeoutMs = 20_000) {
	const deadline = Date.now() + timeoutMs;
	const hooks = workflows
		.flatMap(({ nodes }) => nodes)
		.filter(({ type }) => type === 'n8n-nodes-base.webhook');
	for (const { parameters } of hooks) {
		const method = parameters.httpMethod ?? 'GET';
		while (!(await isRegistered(url, method, parameters.path))) {
			if (Date.now() > deadline) {
				throw new Error(`The webhook ${method} ${parameters.path} was not registered in time.`);
			}
			await sleep(100);
		}
	}
}
