/** Programs that the tests need from the system: found, or installed where Debian and root allow. */
import fs from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';
import { withProgress } from './say.mjs';

/** The path of the first of `names` that is on the PATH, or undefined. */
export function findProgram(...names) {
	const folders = (process.env.PATH ?? '').split(path.delimiter);
	for (const name of names) {
		for (const folder of folders) {
			const file = path.join(folder, name);
			if (fs.existsSync(file)) return file;
		}
	}
	return undefined;
}

/** True where `apt-get install` can work: a Debian-like system, as root. */
const mayInstall = () => findProgram('apt-get') !== undefined && process.getuid?.() === 0;

/**
 * Finds one of `names`, installing the Debian package `debianPackage` first where it is missing and
 * may be installed. Resolves to `{ found: true, file }` or `{ found: false, reason }`; the reason
 * says exactly what to do.
 */
export async function ensureProgram(names, debianPackage) {
	const file = findProgram(...names);
	if (file) return { found: true, file };
	const command = `apt-get install -y --no-install-recommends ${debianPackage}`;
	if (!mayInstall()) {
		return {
			found: false,
			reason: `${names[0]} is missing. Install it (Debian and Ubuntu: sudo ${command}).`,
		};
	}
	const { code, output } = await withProgress(
		`Installing ${debianPackage} from Debian`,
		async () => {
			const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
			await run('apt-get', ['update', '-q'], { env, quiet: true });
			return run('apt-get', command.split(' ').slice(1), { env, quiet: true });
		},
	);
	const installed = findProgram(...names);
	if (installed) return { found: true, file: installed };
	const why = output.trim().split('\n').slice(-5).join('\n');
	return {
		found: false,
		reason: `${names[0]} is missing and "${command}" failed (${code}):\n${why}`,
	};
}
