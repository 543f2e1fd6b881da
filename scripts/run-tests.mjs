/**
 * `npm test [-- jest arguments]`: from a fresh clone, brings what is needed and runs types, lint,
 * format, the template checks and all tests but the end-to-end ones. The last line on standard
 * output is "N passed, N failed"; a failed check counts as one failure.
 */
import path from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { run } from './lib/command.mjs';
import { ensureProgram } from './lib/debian.mjs';
import { runJest, summaryLine } from './lib/jestRun.mjs';
import { elapsed, say } from './lib/say.mjs';

const LOWEST_NODE = [22, 13];

/** This Node where the package supports it, else the one that was brought. */
function nodeForTests(brought) {
	const [major, minor] = process.versions.node.split('.').map(Number);
	const enough = major > LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor >= LOWEST_NODE[1]);
	return enough ? process.execPath : brought;
}

const bin = (...parts) => path.join('node_modules', ...parts);
const CHECKS = [
	['types', [bin('typescript', 'bin', 'tsc'), '--noEmit']],
	['lint', [bin('eslint', 'bin', 'eslint.js'), '.']],
	['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.']],
	['templates', [path.join('scripts', 'check-templates.mjs')]],
];

async function main() {
	const { node: brought } = await bootstrap();
	const redis = await ensureProgram(['redis-server'], 'redis-server');
	if (!redis.found) throw new Error(`${redis.reason}\nThe tests start their own Redis with it.`);
	const node = nodeForTests(brought);
	const failedChecks = [];
	for (const [name, command] of CHECKS) {
		const since = Date.now();
		const { code, output } = await run(node, command, { quiet: true });
		say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${elapsed(since)})`);
		if (code !== 0) {
			say(output);
			failedChecks.push(name);
		}
	}
	const figures = await runJest(node, process.argv.slice(2));
	if (failedChecks.length > 0) say(`Failed checks: ${failedChecks.join(', ')}`);
	const failed = figures.failed + failedChecks.length;
	process.stdout.write(`${summaryLine({ ...figures, failed })}\n`);
	process.exitCode = failed === 0 && figures.ok ? 0 : 1;
}

await main().catch((error) => {
	say(error.message);
	process.exitCode = 1;
});
