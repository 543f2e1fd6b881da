/**
 * The pinned n8n that quickstart and the end-to-end tests run. Its manifest and lockfile are in
 * scripts/n8n-host/VERSION; it is installed once per lockfile into the cache folder:
 *   n8n-VERSION-LOCKHASH/            node_modules, .ready
 *   n8n-VERSION-LOCKHASH/prepared/   an n8n user folder with a migrated database and an owner
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { environmentWithoutLocalBin, runOrThrow } from './command.mjs';
import { withLock } from './lock.mjs';
import { cacheHome, repoRoot } from './paths.mjs';
import { say, withProgress } from './say.mjs';

export const DEFAULT_N8N_VERSION = '2.41.1';
const manifests = path.join(repoRoot, 'scripts', 'n8n-host');

function hostFolder(version) {
	const lock = fs.readFileSync(path.join(manifests, version, 'package-lock.json'));
	const hash = crypto.createHash('sha256').update(lock).digest('hex').slice(0, 8);
	return path.join(cacheHome(), `n8n-${version}-${hash}`);
}

const topLevelOf = (name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(name)?.[1];

function wantedPackages(version) {
	const lock = JSON.parse(
		fs.readFileSync(path.join(manifests, version, 'package-lock.json'), 'utf8'),
	);
	return Object.keys(lock.packages).filter(topLevelOf).length;
}

/** Packages unpacked so far, at the first level (npm unpacks each in place under a dotted name). */
function installedPackages(modules) {
	if (!fs.existsSync(modules)) return 0;
	let count = 0;
	for (const name of fs.readdirSync(modules)) {
		if (name.startsWith('.')) continue;
		if (!name.startsWith('@')) count++;
		else count += fs.readdirSync(path.join(modules, name)).filter((n) => n[0] !== '.').length;
	}
	return count;
}

async function buildSqlite(folder, env) {
	const command = ['rebuild', 'sqlite3', '--ignore-scripts=false'];
	try {
		await withProgress("Making n8n's SQLite driver (fetched, or compiled here)", () =>
			runOrThrow('npm', command, { cwd: folder, env, quiet: true }),
		);
	} catch (error) {
		throw new Error(
			`${error.message}\n\nn8n's SQLite driver could neither be fetched nor compiled. ` +
				'Compiling needs Python 3, make and a C++ compiler ' +
				'(Debian and Ubuntu: apt-get install -y python3 make g++).',
		);
	}
}

async function install(version, folder, node) {
	const partial = `${folder}.partial`;
	const total = wantedPackages(version);
	fs.rmSync(partial, { recursive: true, force: true });
	fs.mkdirSync(partial, { recursive: true });
	for (const file of ['package.json', 'package-lock.json']) {
		fs.copyFileSync(path.join(manifests, version, file), path.join(partial, file));
	}
	const env = environmentWithNode(node);
	say(`n8n ${version} is fetched once, about 2.2 GB, into ${folder}`);
	await withProgress(
		`Installing n8n ${version}`,
		() =>
			runOrThrow(
				'npm',
				['ci', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'],
				{ cwd: partial, env, quiet: true },
			),
		{
			detail: () =>
				`${installedPackages(path.join(partial, 'node_modules'))} of ${total} packages begun`,
		},
	);
	await buildSqlite(partial, env);
	await runOrThrow(node, ['-e', "require('sqlite3')"], { cwd: partial, env, quiet: true });
	fs.writeFileSync(path.join(partial, '.ready'), `${version}\n`);
	// What stands there without the mark of a finished install is of no use.
	fs.rmSync(folder, { recursive: true, force: true });
	fs.renameSync(partial, folder);
}

/** The environment with the given Node first on the PATH, and without this repository's own. */
export function environmentWithNode(node, extra = {}) {
	const env = environmentWithoutLocalBin(extra);
	return { ...env, PATH: `${path.dirname(node)}${path.delimiter}${env.PATH}` };
}

/**
 * Makes sure the pinned n8n is there and resolves to `{ version, folder, node, bin }`.
 * `node` is the path of a Node that this n8n runs on (>= 24 from n8n 2.36).
 */
export async function ensureN8nHost({ node, version = DEFAULT_N8N_VERSION }) {
	if (!fs.existsSync(path.join(manifests, version))) {
		throw new Error(
			`No manifest for n8n ${version}. There are: ${fs.readdirSync(manifests).join(', ')}.`,
		);
	}
	const folder = hostFolder(version);
	const ready = () => fs.existsSync(path.join(folder, '.ready'));
	if (!ready()) {
		await withLock(
			`${folder}.lock`,
			async () => {
				if (!ready()) await install(version, folder, node);
			},
			(pid) => say(`Waiting for process ${pid}, which is installing n8n ${version}.`),
		);
	}
	return { version, folder, node, bin: path.join(folder, 'node_modules', 'n8n', 'bin', 'n8n') };
}
