/**
 * Redis 8 and Valkey 8 for the tests, where the system's own redis-server is older: Debian trixie's packages,
 * unpacked beside the C library they need, and started through that library's loader. Nothing is installed.
 */
import fs from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';
import { findProgram } from './debian.mjs';
import { withLock } from './lock.mjs';
import { cacheHome } from './paths.mjs';
import { withProgress } from './say.mjs';

const PROGRAMS = {
	redis8: { debianPackage: 'redis-tools', file: 'usr/bin/redis-check-rdb', argv0: 'redis-server' },
	valkey8: {
		debianPackage: 'valkey-tools',
		file: 'usr/bin/valkey-check-rdb',
		argv0: 'valkey-server',
	},
};

const LIBRARIES = [
	'libatomic1',
	'libc6',
	'libcap2',
	'libgcc-s1',
	'libjemalloc2',
	'liblzf1',
	'libssl3t64',
	'libstdc++6',
	'libsystemd0',
	'libzstd1',
	'zlib1g',
];

const SOURCE =
	'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main\n';

const folderOf = (name) => path.join(cacheHome(), 'servers', name);

/** The words that start the server, or undefined where it has not been unpacked. */
function launcherOf(name) {
	const { file, argv0 } = PROGRAMS[name];
	const root = path.join(folderOf(name), 'root');
	const program = path.join(root, file);
	const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
		.map((triplet) => path.join(root, 'usr', 'lib', triplet))
		.find((folder) => fs.existsSync(folder));
	if (!libraries || !fs.existsSync(program)) return undefined;
	const loader = fs.readdirSync(libraries).find((entry) => entry.startsWith('ld-linux-'));
	if (!loader) return undefined;
	return [path.join(libraries, loader), '--argv0', argv0, '--library-path', libraries, program];
}

/** Apt with lists, cache and sources of its own: the machine's are neither read nor changed. */
function privateApt(folder) {
	fs.mkdirSync(path.join(folder, 'lists', 'partial'), { recursive: true });
	fs.mkdirSync(path.join(folder, 'cache', 'archives', 'partial'), { recursive: true });
	const sources = path.join(folder, 'sources.list');
	fs.writeFileSync(sources, SOURCE);
	return [
		`Dir::State::Lists=${path.join(folder, 'lists')}`,
		`Dir::Cache=${path.join(folder, 'cache')}`,
		`Dir::Etc::SourceList=${sources}`,
		'Dir::Etc::SourceParts=/dev/null',
		'Acquire::Languages=none',
		'Acquire::Retries=2',
		'Acquire::http::Timeout=20',
	].flatMap((option) => ['-o', option]);
}

async function unpack(name) {
	const folder = folderOf(name);
	const work = `${folder}.new`;
	fs.rmSync(work, { recursive: true, force: true });
	const debs = path.join(work, 'debs');
	fs.mkdirSync(debs, { recursive: true });
	const apt = privateApt(path.join(work, 'apt'));
	const { debianPackage, argv0 } = PROGRAMS[name];
	const must = async (command, args, cwd) => {
		const { code, output } = await run(command, args, { cwd, quiet: true });
		if (code !== 0) throw new Error(output.trim().split('\n').slice(-3).join(' '));
	};
	await withProgress(`Fetching ${argv0} 8 from Debian`, async () => {
		await must('apt-get', [...apt, 'update', '-q'], work);
		await must('apt-get', [...apt, 'download', '-q', debianPackage, ...LIBRARIES], debs);
		for (const deb of fs.readdirSync(debs)) {
			await must('dpkg', ['-x', path.join(debs, deb), path.join(work, 'root')], work);
		}
	});
	for (const part of ['apt', 'debs'])
		fs.rmSync(path.join(work, part), { recursive: true, force: true });
	fs.rmSync(folder, { recursive: true, force: true });
	fs.renameSync(work, folder);
}

/**
 * The command that starts `redis8` or `valkey8`, fetched on first use. Resolves to
 * `{ found: true, launcher }` (command words) or `{ found: false, reason }`.
 */
export async function ensureServer(name) {
	const known = launcherOf(name);
	if (known) return { found: true, launcher: known };
	if (!findProgram('apt-get') || !findProgram('dpkg')) {
		return { found: false, reason: `${PROGRAMS[name].argv0} 8 is fetched with apt-get and dpkg` };
	}
	try {
		await withLock(path.join(cacheHome(), 'locks', `server-${name}`), async () => {
			if (!launcherOf(name)) await unpack(name);
		});
	} catch (error) {
		return {
			found: false,
			reason: `${PROGRAMS[name].argv0} 8 cannot be fetched: ${error.message}`,
		};
	}
	const launcher = launcherOf(name);
	return launcher
		? { found: true, launcher }
		: { found: false, reason: `Debian's package of ${PROGRAMS[name].argv0} 8 has another layout` };
}
