import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository (or of the checkout that runs). */
export const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The folder that holds what is fetched or made once: n8n hosts, quickstart's data. */
export function cacheHome() {
	const chosen = process.env.PROMPT_CACHE_HOME;
	return chosen
		? path.resolve(chosen)
		: path.join(os.homedir(), '.cache', 'n8n-nodes-prompt-cache');
}
