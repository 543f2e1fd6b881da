/**
 * Brings what the other scripts need, on any Node >= 20 with nothing installed yet: the packages of
 * package-lock.json, a Node 24 where the system's is older, and a build that is as new as the
 * sources. Prints to standard error only, and nothing when there is nothing to do.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentWithoutLocalBin, runOrThrow } from './lib/command.mjs';
import { withLock } from './lib/lock.mjs';
import { cacheHome, repoRoot } from './lib/paths.mjs';
import { withProgress } from './lib/say.mjs';

const NODE_MAJOR = 24;
const modules = path.join(repoRoot, 'node_modules');
const stampFile = path.join(modules, '.cache', 'prompt-cache-bootstrap.json');
const localNode = path.join(
	modules,
	'node',
	'bin',
	process.platform === 'win32' ? 'node.exe' : 'node',
);
const sha256 = (content) => crypto.createHash('sha256').update(content).digest('hex');

function readStamp() {
	try {
		return JSON.parse(fs.readFileSync(stampFile, 'utf8'));
	} catch {
		return {};
	}
}

function writeStamp(change) {
	fs.mkdirSync(path.dirname(stampFile), { recursive: true });
	fs.writeFileSync(stampFile, JSON.stringify({ ...readStamp(), ...change }));
}

/** True when somebody's own `npm ci` already brought exactly what the lockfile asks for. */
function installedMatchesLock(lockText) {
	const hiddenFile = path.join(modules, '.package-lock.json');
	if (!fs.existsSync(hiddenFile)) return false;
	const installed = JSON.parse(fs.readFileSync(hiddenFile, 'utf8')).packages;
	const wanted = JSON.parse(lockText).packages;
	const optional = (entry) => entry.optional || entry.devOptional || entry.peer;
	return Object.entries(wanted).every(
		([name, entry]) =>
			name === '' ||
			(installed[name]
				? installed[name].version === entry.version && installed[name].integrity === entry.integrity
				: optional(entry)),
	);
}

/**
 * `npm ci`; where it refuses because the lockfile leaves out optional packages of other platforms,
 * `npm install` with the same lockfile, which takes the same versions and changes no file.
 */
async function installPackages() {
	const npm = (...args) =>
		runOrThrow('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
			env: environmentWithoutLocalBin(),
			quiet: true,
		});
	try {
		await npm('ci');
	} catch (error) {
		if (!error.message.includes('EUSAGE')) throw error;
		await npm('install', '--no-save');
	}
}

async function ensurePackages() {
	const lockText = fs.readFileSync(path.join(repoRoot, 'package-lock.json'), 'utf8');
	const lock = sha256(lockText);
	if (readStamp().lock === lock) return;
	if (!installedMatchesLock(lockText)) {
		await withProgress('Installing npm packages', installPackages);
	}
	writeStamp({ lock });
}

async function ensureNode() {
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= NODE_MAJOR) return process.execPath;
	if (!fs.existsSync(localNode)) {
		await withProgress(`Bringing Node ${NODE_MAJOR} (this one is ${process.version})`, () =>
			runOrThrow('npm', ['rebuild', 'node', '--ignore-scripts=false'], {
				env: environmentWithoutLocalBin(),
				quiet: true,
			}),
		);
	}
	return localNode;
}

function sourceFiles() {
	const found = ['gulpfile.js', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];
	for (const folder of ['nodes', 'credentials']) {
		if (!fs.existsSync(path.join(repoRoot, folder))) continue;
		for (const entry of fs.readdirSync(path.join(repoRoot, folder), {
			withFileTypes: true,
			recursive: true,
		})) {
			if (entry.isFile()) {
				found.push(path.relative(repoRoot, path.join(entry.parentPath ?? entry.path, entry.name)));
			}
		}
	}
	return found.sort();
}

const statPrint = (files) =>
	sha256(
		files
			.map((file) => {
				const { size, mtimeMs } = fs.statSync(path.join(repoRoot, file));
				return `${file} ${size} ${mtimeMs}`;
			})
			.join('\n'),
	);

const contentPrint = (files) =>
	sha256(
		files.map((file) => `${file} ${sha256(fs.readFileSync(path.join(repoRoot, file)))}`).join('\n'),
	);

/** Builds when the sources changed; times are compared first, contents only when times differ. */
async function ensureBuild(node) {
	const files = sourceFiles();
	const stats = statPrint(files);
	const stamp = readStamp();
	const built = fs.existsSync(path.join(repoRoot, 'dist', 'nodes'));
	if (built && stamp.stats === stats) return;
	const content = contentPrint(files);
	if (!built || stamp.content !== content) {
		await withProgress('Building the package', () =>
			runOrThrow(node, [path.join('node_modules', 'gulp', 'bin', 'gulp.js'), 'build'], {
				quiet: true,
			}),
		);
	}
	writeStamp({ stats, content });
}

/**
 * Makes the checkout ready to run. Resolves to `{ node }`, the path of a Node >= 24.
 * `build: false` leaves dist alone. Two bootstraps of one checkout wait for each other.
 */
export async function bootstrap({ build = true } = {}) {
	const lockFile = path.join(cacheHome(), 'locks', `${sha256(repoRoot).slice(0, 16)}.lock`);
	return withLock(lockFile, async () => {
		await ensurePackages();
		const node = await ensureNode();
		if (build) await ensureBuild(node);
		return { node };
	});
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await bootstrap().catch((error) => {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	});
}
