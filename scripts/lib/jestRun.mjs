/** Runs jest and reads its figures. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killLeftovers } from './leftovers.mjs';
import { repoRoot } from './paths.mjs';
import { say } from './say.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs jest with the given Node and arguments, its output on the terminal. Resolves to
 * `{ ok, passed, failed, skipped }`; a suite that could not be run counts as one failure.
 */
export async function runJest(node, args, env = {}) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-jest-'));
	const results = path.join(folder, 'results.json');
	const started = path.join(folder, 'started');
	let interrupted;
	let child;
	const interrupt = (signal) => {
		interrupted = signal;
		child?.kill(signal);
	};
	for (const signal of SIGNALS) process.on(signal, interrupt);
	try {
		const code = await new Promise((resolve, reject) => {
			child = spawn(
				node,
				[
					'--experimental-vm-modules',
					'--disable-warning=ExperimentalWarning',
					path.join('node_modules', 'jest', 'bin', 'jest.js'),
					'--json',
					`--outputFile=${results}`,
					...args,
				],
				// With --json jest prints the figures as JSON on standard output as well: not wanted.
				{
					cwd: repoRoot,
					stdio: ['ignore', 'ignore', 'inherit'],
					env: { ...process.env, NODE_OPTIONS: '', PROMPT_CACHE_STARTED: started, ...env },
				},
			);
			child.once('error', reject);
			child.once('close', (exitCode) => resolve(exitCode ?? 1));
		});
		const left = killLeftovers(started);
		if (interrupted) throw new Error(`Stopped by ${interrupted}.`);
		if (left > 0) say(`${left} servers left running by a test: ended.`);
		if (!fs.existsSync(results)) return { ok: false, passed: 0, failed: 1, skipped: 0 };
		const figures = JSON.parse(fs.readFileSync(results, 'utf8'));
		const failed = figures.numFailedTests + figures.numRuntimeErrorTestSuites;
		return {
			ok: code === 0,
			passed: figures.numPassedTests,
			failed: code !== 0 && failed === 0 ? 1 : failed,
			skipped: figures.numPendingTests + figures.numTodoTests,
		};
	} finally {
		for (const signal of SIGNALS) process.removeListener(signal, interrupt);
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

/** The plain last line: "12 passed, 0 failed", with ", 1 skipped" where something was. */
export function summaryLine({ passed, failed, skipped }) {
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
