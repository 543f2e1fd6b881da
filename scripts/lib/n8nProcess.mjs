/** Starts and stops one n8n as a child process, quiet and on loopback only. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentWithNode } from './n8nHost.mjs';
import { runOrThrow } from './command.mjs';
import { freePort } from './freePort.mjs';
import { noteStarted, noteStopped } from './leftovers.mjs';

/** Settings of another n8n, and of jest: under NODE_ENV=test n8n ends without a word. */
const NOT_INHERITED = /^(N8N_|DB_|EXECUTIONS_|QUEUE_|WEBHOOK_|CREDENTIALS_|NODE_ENV$|JEST_)/;

const running = new Set();

const killGroup = (child, signal) => {
	try {
		process.kill(-child.pid, signal);
	} catch (error) {
		if (error.code !== 'ESRCH') throw error;
	}
};

// The last resort when this process ends without having stopped what it started.
process.on('exit', () => {
	for (const child of running) killGroup(child, 'SIGKILL');
});

/** The environment of an n8n that keeps to itself: own folder, loopback, no calls home. */
export function n8nEnvironment(host, userFolder, extra = {}) {
	const base = environmentWithNode(host.node);
	for (const name of Object.keys(base)) {
		if (NOT_INHERITED.test(name)) delete base[name];
	}
	return {
		...base,
		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PROTOCOL: 'http',
		N8N_SECURE_COOKIE: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		// Asks a server on the Internet for its list; n8n 1.x does not know it.
		...(host.version.startsWith('1.') ? {} : { N8N_DISABLED_MODULES: 'mcp-registry' }),
		...extra,
	};
}

/** Runs one n8n command line (import, publish) to its end; throws with its output on failure. */
export function n8nCommand(host, userFolder, args, extra) {
	const env = n8nEnvironment(host, userFolder, extra);
	return runOrThrow(host.node, [host.bin, ...args], { cwd: userFolder, env, quiet: true });
}

const answers = async (address) => {
	try {
		const { ok } = await fetch(address);
		return ok;
	} catch {
		return false;
	}
};

async function waitUntilReady(url, child, log, timeoutMs) {
	const deadline = Date.now() + timeoutMs;
	while (Date.now() < deadline) {
		if (child.exitCode !== null || child.signalCode !== null) {
			throw new Error(`n8n ended before it was ready.\n${log().split('\n').slice(-40).join('\n')}`);
		}
		// The database is ready before the routes are there; n8n 1.x answers 404 in between.
		if ((await answers(`${url}/healthz/readiness`)) && (await answers(`${url}/rest/settings`))) {
			return;
		}
		await sleep(150);
	}
	throw new Error(`n8n was not ready within ${timeoutMs / 1000} s.\n${log().slice(-4000)}`);
}

/**
 * Starts n8n and resolves when it is ready to be used.
 * Resolves to `{ url, port, pid, log(), ended, stop() }`: `log()` is everything it printed (also in
 * `logFile`), `ended` a promise of its end, `stop()` ends n8n and its task runner and resolves to how it ended.
 */
export async function startN8n(host, userFolder, { port, env = {}, logFile, timeoutMs } = {}) {
	const listenPort = port ?? (await freePort());
	const url = `http://127.0.0.1:${listenPort}`;
	const file = logFile ?? path.join(userFolder, 'n8n.log');
	fs.mkdirSync(userFolder, { recursive: true });
	fs.writeFileSync(file, '');
	const output = fs.openSync(file, 'a');
	const child = spawn(host.node, [host.bin, 'start'], {
		cwd: userFolder,
		detached: true,
		stdio: ['ignore', output, output],
		env: n8nEnvironment(host, userFolder, {
			N8N_PORT: String(listenPort),
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			WEBHOOK_URL: `${url}/`,
			N8N_EDITOR_BASE_URL: `${url}/`,
			...env,
		}),
	});
	fs.closeSync(output);
	running.add(child);
	noteStarted(child);
	const log = () => fs.readFileSync(file, 'utf8');
	const ended = new Promise((resolve) => {
		child.once('close', (code, signal) => resolve({ code, signal }));
		child.once('error', (error) => resolve({ code: 1, error }));
	});

	const stop = async ({ graceMs = 10_000 } = {}) => {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGTERM');
			await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
		}
		killGroup(child, 'SIGKILL');
		await ended;
		running.delete(child);
		noteStopped(child);
		return ended;
	};

	try {
		await waitUntilReady(url, child, log, timeoutMs ?? 180_000);
	} catch (error) {
		await stop({ graceMs: 0 });
		throw error;
	}
	return { url, port: listenPort, pid: child.pid, log, ended, stop };
}
