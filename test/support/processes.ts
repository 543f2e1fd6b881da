import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs a TypeScript file of this folder in a process of its own; its standard input is one JSON value.
 * @returns what it printed as JSON
 */
export function runProcess<T>(file: string, input: unknown): Promise<T> {
	const preload = join(__dirname, 'typescript.js');
	const child = spawn(process.execPath, ['--no-warnings', '-r', preload, join(__dirname, file)], {
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	child.stdin.end(JSON.stringify(input));
	let [printed, errors] = ['', ''];
	child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
	child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code) => {
			if (code === 0) resolve(JSON.parse(printed) as T);
			else reject(new Error(`${file} ended with ${code}: ${errors}`));
		});
	});
}
