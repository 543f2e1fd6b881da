/** A real redis-server on a free loopback port, without persistence. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './debian.mjs';
import { freePort } from './freePort.mjs';
import { noteStarted, noteStopped } from './leftovers.mjs';

const running = new Set();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

const ping = (port) =>
	new Promise((resolve) => {
		const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
		const end = (answer) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
		socket.once('error', () => end(false));
		socket.setTimeout(1000, () => end(false));
	});

async function waitForPong(port) {
	for (let tries = 0; !(await ping(port)); tries++) {
		if (tries > 200) throw new Error(`redis-server did not answer on port ${port} within 5 s`);
		await sleep(25);
	}
}

/**
 * Starts redis-server and resolves when it answers: `{ port, start(), stop(), freeze(), thaw() }`.
 * `stop` then `start` is a restart on the same port with nothing kept; `freeze` makes it silent
 * while its port still accepts connections. `launcher`: the words that start another server program.
 * `tls`: files of a certificate; then it also listens on `tlsPort`, and asks clients for one of theirs.
 */
export async function startRedis({
	args = [],
	launcher = [findProgram('redis-server')],
	tls,
} = {}) {
	const [program, ...words] = launcher;
	if (!program) throw new Error('redis-server is missing (Debian: apt-get install redis-server)');
	const port = await freePort();
	const tlsPort = tls ? await freePort() : undefined;
	const tlsArgs = tls
		? ['--tls-port', tlsPort, '--tls-ca-cert-file', tls.ca, '--tls-cert-file', tls.cert].concat([
				'--tls-key-file',
				tls.key,
			])
		: [];
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-redis-'));
	let child;
	let ended;

	const start = async () => {
		child = spawn(
			program,
			[...words, '--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
				.concat(['--dir', folder, ...tlsArgs, ...args])
				.map(String),
			{ stdio: 'ignore' },
		);
		running.add(child);
		noteStarted(child);
		const started = child;
		ended = new Promise((resolve) => started.once('close', resolve));
		await waitForPong(port);
	};

	const end = async () => {
		child.kill('SIGCONT');
		child.kill('SIGKILL');
		await ended;
		running.delete(child);
		noteStopped(child);
	};

	try {
		await start();
	} catch (error) {
		await end();
		throw error;
	}
	return {
		port,
		tlsPort,
		pid: () => child.pid,
		start,
		stop: end,
		freeze: () => child.kill('SIGSTOP'),
		thaw: () => child.kill('SIGCONT'),
		close: async () => {
			await end();
			fs.rmSync(folder, { recursive: true, force: true });
		},
	};
}
