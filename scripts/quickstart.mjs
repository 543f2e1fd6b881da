/**
 * `npm run quickstart`: from a bare Node >= 20 to a running n8n with this package, its templates and
 * a first answer from the cache. Options: `--once` ends after the first answers, `--fresh` empties
 * quickstart's n8n first. Its data is in the cache folder (PROMPT_CACHE_HOME).
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { freePort } from './lib/freePort.mjs';
import {
	importCredentials,
	importWorkflows,
	logIn,
	publish,
	waitForWebhooks,
} from './lib/n8nContent.mjs';
import { ensureN8nHost } from './lib/n8nHost.mjs';
import { startN8n } from './lib/n8nProcess.mjs';
import { ensureUserFolder } from './lib/n8nUserFolder.mjs';
import { cacheHome } from './lib/paths.mjs';
import { chooseProviders } from './lib/providers.mjs';
import { quickstartContent } from './lib/quickstartContent.mjs';
import { openSession } from './lib/quickstartSession.mjs';
import { elapsed, say, withProgress } from './lib/say.mjs';

const options = new Set(process.argv.slice(2));
const unknown = [...options].filter((option) => !['--once', '--fresh'].includes(option));
if (unknown.length > 0) {
	say(`Unknown option ${unknown.join(', ')}. There are --once and --fresh.`);
	process.exit(2);
}

const FIRST_TEMPLATE = '01-prompt-cache-gateway.json';
const STAND_IN_LATENCY_MS = 400;
const userFolder = path.join(cacheHome(), 'quickstart');
const started = [];
let stopping;

/** Stops all that was started, the last first. */
function stopAll() {
	stopping ??= (async () => {
		for (const { stop } of started.reverse()) await stop();
	})();
	return stopping;
}

function stopAndExit(exitCode) {
	if (!stopping) say('\nStopping n8n ...');
	void stopAll().then(() => {
		say('Stopped.');
		process.exit(exitCode);
	});
}

process.on('SIGINT', () => stopAndExit(0));
process.on('SIGTERM', () => stopAndExit(1));
process.on('SIGHUP', () => stopAndExit(1));

// A killed npm takes only its shell along; whoever is orphaned by that has to notice by itself.
if (process.env.npm_lifecycle_event === 'quickstart') {
	const parent = process.ppid;
	const watch = setInterval(() => {
		if (process.ppid === parent) return;
		clearInterval(watch);
		stopAndExit(1);
	}, 500);
	watch.unref();
}

async function startStandInProvider(session) {
	const { startStandIn } = await import('../test/support/standInProvider/index.js');
	const port = await freePort(session.standInPort);
	const standIn = await startStandIn({ port, latencyMs: STAND_IN_LATENCY_MS });
	started.push(standIn);
	session.save({ standInPort: port });
	return standIn.url;
}

/** Imports unless exactly this was imported before; resolves to its print, or false. */
async function importContent(host, session, { credentials, templates }) {
	const workflows = templates.map(({ workflow }) => workflow);
	const print = crypto
		.createHash('sha256')
		.update(JSON.stringify([credentials, workflows]))
		.digest('hex');
	if (session.imported === print) return false;
	await withProgress(
		`Importing ${workflows.length} templates and ${credentials.length} credentials`,
		async () => {
			await importCredentials(host, userFolder, credentials);
			await importWorkflows(host, userFolder, workflows);
		},
	);
	return print;
}

/** Publishes the first template for certain and the others where n8n lets it, saying what stays off. */
async function publishAll(session, templates) {
	for (const { file, workflow, unpublished } of templates) {
		try {
			if (unpublished) throw new Error(unpublished);
			await publish(session, [workflow.id]);
		} catch (error) {
			if (file === FIRST_TEMPLATE) throw error;
			say(`  ${file} is there, but not switched on: ${error.message.slice(0, 200)}`);
		}
	}
}

async function ask(url, session, body) {
	const since = performance.now();
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'x-api-key': session.secret },
		body: JSON.stringify(body),
	});
	const text = await answer.text();
	const ms = Math.round(performance.now() - since);
	if (!answer.ok) throw new Error(`The webhook answered ${answer.status}: ${text}`);
	return { ...JSON.parse(text), ms };
}

async function showFirstAnswers(url, session, body) {
	const out = (line) => process.stdout.write(`${line}\n`);
	for (const label of ['First request ', 'Second request']) {
		const { answer, model, cache, ms } = await ask(url, session, body);
		const age = cache.ageSeconds > 5 ? `, stored ${Math.round(cache.ageSeconds)} s ago` : '';
		out(`${label}: ${cache.status} in ${ms} ms (model ${model}${age})`);
		out(`  ${String(answer).replace(/\s+/g, ' ').slice(0, 200)}`);
	}
}

async function main() {
	if (options.has('--fresh')) fs.rmSync(userFolder, { recursive: true, force: true });
	const { node } = await bootstrap();
	const host = await ensureN8nHost({ node });
	const owner = await ensureUserFolder(host, userFolder);
	const session = openSession(userFolder);
	const providers = await chooseProviders(() => startStandInProvider(session));
	const content = quickstartContent(providers, session.secret);
	const imported = await importContent(host, session, content);

	const n8n = await withProgress(`Starting n8n ${host.version}`, async () =>
		startN8n(host, userFolder, {
			port: await freePort(session.port, 5678),
			env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
		}),
	);
	started.push(n8n);
	if (imported) await publishAll(await logIn(n8n.url, owner), content.templates);
	session.save({ port: n8n.port, imported: imported || session.imported });
	const first = content.templates.find(({ file }) => file === FIRST_TEMPLATE).workflow;
	await waitForWebhooks(n8n.url, [first]);

	const url = `${n8n.url}/webhook/prompt-cache-gateway`;
	const body = { prompt: 'What does a prompt cache do?', temperature: 0 };
	say(`Ready after ${elapsed()}.\n`);
	process.stdout.write(`${providers.lines.join('\n')}\n\n`);
	await showFirstAnswers(url, session, body);
	process.stdout.write(
		`\nEditor:  ${n8n.url}  (${owner.email} / ${owner.password})\n` +
			`Try it:  curl -s ${url} -H 'x-api-key: ${session.secret}' ` +
			`-H 'content-type: application/json' -d '${JSON.stringify(body)}'\n`,
	);
	if (options.has('--once')) {
		await stopAll();
		return;
	}
	say('\nCtrl-C stops it. What was stored stays for the next start; --fresh empties it.');
	const { code } = await n8n.ended;
	if (!stopping) throw new Error(`n8n ended (${code}). Its log: ${userFolder}/n8n.log`);
	await stopping;
}

try {
	await main();
} catch (error) {
	// A Ctrl-C in the middle of a step fails that step: this is no error.
	if (!stopping) {
		say(`\n${error.message}`);
		process.exitCode = 1;
	}
	await stopAll();
}
