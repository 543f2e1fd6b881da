/**
 * `npm run test:e2e [-- jest arguments]`: runs test/e2e in the pinned, real n8n, once per backend.
 * PROMPT_CACHE_E2E_BACKENDS names backends ("embedded,redis"), N8N_VERSION another pinned host,
 * PROMPT_CACHE_LITELLM and PROMPT_CACHE_MLFLOW programs ("" for none; by default they are installed
 * from PyPI once).
 * The last line on standard output is "N passed, N failed".
 */
import { bootstrap } from './bootstrap.mjs';
import { ensureProgram } from './lib/debian.mjs';
import { runJest, summaryLine } from './lib/jestRun.mjs';
import { ensureN8nHost } from './lib/n8nHost.mjs';
import { findPostgres } from './lib/postgresServer.mjs';
import { ensurePythonProgram, LITELLM, MLFLOW } from './lib/pythonProgram.mjs';
import { say } from './lib/say.mjs';

/** Files that are run for one backend only, since nothing in them depends on it, or they are about one. */
const LEFT_OUT = {
	embedded: '/e2e/redis',
	redis: '/e2e/(editor|endpointAbuse|killedWhileStoring|mlflow|packedInstall)',
};

const PROGRAMS = [
	{ variable: 'PROMPT_CACHE_LITELLM', wanted: LITELLM, file: 'test/e2e/templates.test.ts' },
	{ variable: 'PROMPT_CACHE_MLFLOW', wanted: MLFLOW, file: 'test/e2e/mlflow.test.ts' },
];

const backends = (process.env.PROMPT_CACHE_E2E_BACKENDS ?? 'embedded,redis').split(',');

async function environment() {
	const chromium = await ensureProgram(['chromium', 'chromium-browser'], 'chromium');
	if (!chromium.found) say(`The editor is not tested: ${chromium.reason}`);
	const postgres = backends.includes('redis') ? await findPostgres() : { found: false };
	if (postgres.reason) say(`Queue mode is not put under load: ${postgres.reason}`);
	const programs = {};
	for (const program of PROGRAMS) programs[program.variable] = await programFor(program);
	return {
		PROMPT_CACHE_CHROMIUM: chromium.found ? chromium.file : '',
		PROMPT_CACHE_POSTGRES: postgres.found ? postgres.folder : '',
		...programs,
	};
}

/** The program that a test file needs; '' where it is not asked for or cannot be had. */
async function programFor({ variable, wanted, file }) {
	const chosen = process.env[variable];
	const files = process.argv.slice(2).filter((word) => !word.startsWith('-'));
	const isAsked = files.length === 0 || files.some((name) => file.includes(name));
	if (chosen !== undefined || !isAsked) return chosen ?? '';
	const found = await ensurePythonProgram(wanted);
	if (found.found) return found.file;
	say(`${file} is not run with ${wanted.name}: ${found.reason}`);
	return '';
}

async function main() {
	const unknown = backends.filter((name) => !(name in LEFT_OUT));
	if (unknown.length > 0) throw new Error(`Unknown backend ${unknown.join(', ')}.`);
	const { node } = await bootstrap();
	if (backends.includes('redis')) {
		const redis = await ensureProgram(['redis-server'], 'redis-server');
		if (!redis.found) throw new Error(`${redis.reason}\nThe tests start their own Redis with it.`);
	}
	const env = await environment();
	await ensureN8nHost({ node, version: process.env.N8N_VERSION });
	const sum = { passed: 0, failed: 0, skipped: 0 };
	for (const backend of backends) {
		say(`\n# End to end, backend ${backend}`);
		const figures = await runJest(
			node,
			[
				// A test that could not stop what it started must not hold up the others.
				'--forceExit',
				// Before another option, since jest takes every word after it for one more pattern.
				`--testPathIgnorePatterns=${LEFT_OUT[backend]}`,
				'--testMatch=<rootDir>/test/e2e/**/*.test.ts',
				'--runInBand',
				...process.argv.slice(2),
			],
			{ ...env, PROMPT_CACHE_E2E: '1', PROMPT_CACHE_E2E_BACKEND: backend },
		);
		for (const name of Object.keys(sum)) sum[name] += figures[name];
		if (!figures.ok && figures.failed === 0) sum.failed++;
	}
	process.stdout.write(`${summaryLine(sum)}\n`);
	process.exitCode = sum.failed === 0 ? 0 : 1;
}

await main().catch((error) => {
	say(error.message);
	process.exitCode = 1;
});
