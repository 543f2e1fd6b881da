/** A real PostgreSQL on a free loopback port, for n8n in queue mode; its data is thrown away. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.mjs';
import { ensureProgram } from './debian.mjs';
import { freePort } from './freePort.mjs';
import { noteStarted, noteStopped } from './leftovers.mjs';

/** Debian keeps the programs of each version in a folder of their own, off the PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

const versions = () => (fs.existsSync(DEBIAN_FOLDER) ? fs.readdirSync(DEBIAN_FOLDER) : []);

/** The folder of its programs, installed from Debian where that is possible: `{ found, folder }` or `{ found: false, reason }`. */
export async function findPostgres() {
	const inDebian = () => {
		const version = versions().sort((a, b) => Number(b) - Number(a))[0];
		return version && path.join(DEBIAN_FOLDER, version, 'bin');
	};
	const known = inDebian();
	if (known) return { found: true, folder: known };
	const found = await ensureProgram(['initdb'], 'postgresql');
	const folder = found.found ? path.dirname(found.file) : inDebian();
	return folder ? { found: true, folder } : { found: false, reason: found.reason };
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian makes for it, or "nobody". */
function userToRunAs() {
	if (process.getuid?.() !== 0) return {};
	const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
	const found = ['postgres', 'nobody']
		.map((name) => users.find((line) => line.startsWith(`${name}:`)))
		.find(Boolean);
	const [, , uid, gid] = (found ?? '').split(':').map(Number);
	return found ? { uid, gid } : {};
}

/** Starts it and resolves when it answers: `{ env, close() }`; `env` is what n8n is told of it. */
export async function startPostgres() {
	const { folder: bin, reason } = await findPostgres();
	if (!bin) throw new Error(reason);
	const user = userToRunAs();
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-postgres-'));
	if (user.uid !== undefined) fs.chownSync(folder, user.uid, user.gid);
	const data = path.join(folder, 'data');
	const must = async (name, args) => {
		const { code, output } = await run(path.join(bin, name), args, {
			quiet: true,
			...user,
			cwd: folder,
		});
		if (code !== 0) throw new Error(`${name} failed (${code}):\n${output.slice(-2000)}`);
	};
	await must('initdb', [
		'-D',
		data,
		'-U',
		'n8n',
		'-A',
		'trust',
		'-E',
		'UTF8',
		'--locale=C',
		'--no-sync',
	]);
	const port = await freePort();
	const settings = {
		listen_addresses: '127.0.0.1',
		unix_socket_directories: folder,
		port,
		fsync: 'off',
		synchronous_commit: 'off',
		full_page_writes: 'off',
	};
	const child = spawn(
		path.join(bin, 'postgres'),
		[
			'-D',
			data,
			...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
		],
		{ stdio: 'ignore', cwd: folder, ...user },
	);
	noteStarted(child);
	const ended = new Promise((resolve) => child.once('close', resolve));
	const close = async () => {
		// "Immediate shutdown": the data is thrown away.
		child.kill('SIGQUIT');
		await ended;
		noteStopped(child);
		fs.rmSync(folder, { recursive: true, force: true });
	};
	const isReady = async () => {
		const words = ['-h', '127.0.0.1', '-p', String(port), '-q'];
		return (
			(await run(path.join(bin, 'pg_isready'), words, { quiet: true, ...user, cwd: folder }))
				.code === 0
		);
	};
	for (let tries = 0; !(await isReady()); tries++) {
		if (tries > 200 || child.exitCode !== null) {
			await close();
			throw new Error('PostgreSQL did not answer within 10 s');
		}
		await sleep(50);
	}
	const env = {
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(port),
		DB_POSTGRESDB_DATABASE: 'postgres',
		DB_POSTGRESDB_USER: 'n8n',
		DB_POSTGRESDB_PASSWORD: 'n8n',
	};
	return { env, close };
}
