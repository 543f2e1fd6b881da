/**
 * `node scripts/run.mjs NAME args...`: makes the checkout ready, then runs scripts/NAME.mjs on
 * Node 24 with this process's standard input, output and arguments, untouched.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repoRoot } from './lib/paths.mjs';
import { say } from './lib/say.mjs';

const [name, ...args] = process.argv.slice(2);
const script = path.join(repoRoot, 'scripts', `${name}.mjs`);

if (!name || !fs.existsSync(script)) {
	say(name ? `There is no scripts/${name}.mjs yet.` : 'Usage: node scripts/run.mjs NAME args...');
	process.exit(2);
}

try {
	const { node } = await bootstrap();
	const child = spawn(node, [script, ...args], { stdio: 'inherit' });
	// The terminal sends Ctrl-C to the child as well: this process waits for the child's own end.
	process.on('SIGINT', () => {});
	process.on('SIGTERM', () => child.kill('SIGTERM'));
	child.once('error', (error) => {
		say(error.message);
		process.exitCode = 1;
	});
	child.once('close', (code, signal) => {
		process.exitCode = signal ? 1 : code;
	});
} catch (error) {
	say(error.message);
	process.exitCode = 1;
}
