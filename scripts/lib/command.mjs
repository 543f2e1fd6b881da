import { spawn } from 'node:child_process';
import path from 'node:path';
import { repoRoot } from './paths.mjs';

const windows = process.platform === 'win32';
const running = new Set();

process.on('exit', () => {
	for (const child of running) child.kill('SIGTERM');
});

/**
 * The environment for commands that must not find this repository's own Node first on the PATH:
 * `npm ci` replaces node_modules, and with it that Node, while npm runs.
 */
export function environmentWithoutLocalBin(extra = {}) {
	const local = path.join(repoRoot, 'node_modules');
	const entries = (process.env.PATH ?? '').split(path.delimiter);
	const kept = entries.filter((entry) => !path.resolve(entry).startsWith(local));
	return { ...process.env, PATH: kept.join(path.delimiter), NODE_OPTIONS: '', ...extra };
}

/**
 * Runs a command to its end; what it prints goes to standard error, or is kept when `quiet`.
 * Resolves to `{ code, output }`; `output` is empty unless `quiet`. Never reads standard input. `uid`
 * and `gid`: another user, where this one is root.
 */
export function run(
	command,
	args,
	{ cwd = repoRoot, env = process.env, quiet = false, uid, gid } = {},
) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			cwd,
			env,
			uid,
			gid,
			shell: windows && command === 'npm',
			stdio: ['ignore', quiet ? 'pipe' : 2, quiet ? 'pipe' : 2],
		});
		running.add(child);
		const parts = [];
		child.stdout?.on('data', (part) => parts.push(part));
		child.stderr?.on('data', (part) => parts.push(part));
		child.once('error', reject);
		child.once('close', (code, signal) => {
			running.delete(child);
			resolve({ code: code ?? `signal ${signal}`, output: Buffer.concat(parts).toString() });
		});
	});
}

/** As `run`, but throws an Error that carries the end of the output when the command fails. */
export async function runOrThrow(command, args, options = {}) {
	const { code, output } = await run(command, args, options);
	if (code !== 0) {
		const lines = output.trim().split('\n');
		const shown =
			lines.length <= 60 ? lines : [...lines.slice(0, 25), '[...]', ...lines.slice(-35)];
		const tail = shown.join('\n');
		throw new Error(`${command} ${args.join(' ')} failed (${code})${tail ? `\n${tail}` : ''}`);
	}
	return output;
}
