/** Programs from PyPI for the end-to-end tests, each in a Python environment of its own outside the repository. */
import fs from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';
import { findProgram } from './debian.mjs';
import { withLock } from './lock.mjs';
import { cacheHome } from './paths.mjs';
import { withProgress } from './say.mjs';

const INSTALL_SECONDS = 900;

/** The LiteLLM proxy, for the tests of template 04. */
export const LITELLM = {
	name: 'LiteLLM',
	program: 'litellm',
	requirement: 'litellm[proxy]==1.106.2',
};
/** MLflow with its tracking server, for the tests of template 14. */
export const MLFLOW = { name: 'MLflow', program: 'mlflow', requirement: 'mlflow==3.17.2' };

const folderOf = ({ program }) => path.join(cacheHome(), `${program}-venv`);
const markerOf = (wanted) => path.join(folderOf(wanted), 'made-for.txt');
const fileOf = (wanted) => path.join(folderOf(wanted), 'bin', wanted.program);

function isMade(wanted) {
	return (
		fs.existsSync(fileOf(wanted)) &&
		fs.existsSync(markerOf(wanted)) &&
		fs.readFileSync(markerOf(wanted), 'utf8') === wanted.requirement
	);
}

async function make(python, wanted) {
	const must = async (command, args) => {
		const { code, output } = await run(command, args, { quiet: true });
		if (code !== 0) throw new Error(output.trim().split('\n').slice(-3).join(' '));
	};
	const folder = folderOf(wanted);
	fs.rmSync(folder, { recursive: true, force: true });
	fs.mkdirSync(path.dirname(folder), { recursive: true });
	await withProgress(`Installing ${wanted.name} from PyPI`, async () => {
		await must(python, ['-m', 'venv', folder]);
		const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
		const words = [path.join(folder, 'bin', 'python'), ...pip, wanted.requirement];
		const inTime = findProgram('timeout');
		await (inTime
			? must(inTime, [String(INSTALL_SECONDS), ...words])
			: must(words[0], words.slice(1)));
	});
	fs.writeFileSync(markerOf(wanted), wanted.requirement);
}

/** The file that starts a program, made on first use: `{ found: true, file }` or `{ found: false, reason }`. */
export async function ensurePythonProgram(wanted) {
	if (isMade(wanted)) return { found: true, file: fileOf(wanted) };
	const python = findProgram('python3', 'python');
	if (!python) return { found: false, reason: `${wanted.name} needs Python 3.10 or later` };
	try {
		await withLock(path.join(cacheHome(), 'locks', wanted.program), async () => {
			if (!isMade(wanted)) await make(python, wanted);
		});
	} catch (error) {
		return { found: false, reason: `${wanted.name} cannot be installed: ${error.message}` };
	}
	return { found: true, file: fileOf(wanted) };
}
