/** The LiteLLM proxy for the tests of template 04: from PyPI, in a Python environment of its own outside the repository. */
import fs from 'node:fs';
import path from 'node:path';
import { run } from './command.mjs';
import { findProgram } from './debian.mjs';
import { withLock } from './lock.mjs';
import { cacheHome } from './paths.mjs';
import { withProgress } from './say.mjs';

const PACKAGE = 'litellm[proxy]==1.106.2';
const INSTALL_SECONDS = 900;

const folder = () => path.join(cacheHome(), 'litellm-venv');
const marker = () => path.join(folder(), 'made-for.txt');
const program = () => path.join(folder(), 'bin', 'litellm');

function isMade() {
	return (
		fs.existsSync(program()) &&
		fs.existsSync(marker()) &&
		fs.readFileSync(marker(), 'utf8') === PACKAGE
	);
}

async function make(python) {
	const must = async (command, args) => {
		const { code, output } = await run(command, args, { quiet: true });
		if (code !== 0) throw new Error(output.trim().split('\n').slice(-3).join(' '));
	};
	fs.rmSync(folder(), { recursive: true, force: true });
	fs.mkdirSync(path.dirname(folder()), { recursive: true });
	await withProgress('Installing the LiteLLM proxy from PyPI', async () => {
		await must(python, ['-m', 'venv', folder()]);
		const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE];
		const inTime = findProgram('timeout');
		const words = [path.join(folder(), 'bin', 'python'), ...pip];
		await (inTime
			? must(inTime, [String(INSTALL_SECONDS), ...words])
			: must(words[0], words.slice(1)));
	});
	fs.writeFileSync(marker(), PACKAGE);
}

/** The program that starts the proxy, made on first use: `{ found: true, file }` or `{ found: false, reason }`. */
export async function ensureLiteLlm() {
	if (isMade()) return { found: true, file: program() };
	const python = findProgram('python3', 'python');
	if (!python) return { found: false, reason: 'LiteLLM needs Python 3.10 or later' };
	try {
		await withLock(path.join(cacheHome(), 'locks', 'litellm'), async () => {
			if (!isMade()) await make(python);
		});
	} catch (error) {
		return { found: false, reason: `LiteLLM cannot be installed: ${error.message}` };
	}
	return { found: true, file: program() };
}
