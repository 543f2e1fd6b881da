import { join } from 'node:path';

/**
 * The package's folder for nodes that have no `getStoragePath()`: triggers. It is the same folder as
 * in `backend.ts`, made as n8n makes its own (N8N_USER_FOLDER, else the home folder, else the working
 * folder). Source: getN8nFolder in @n8n/config and getStoragePath in n8n-core, n8n 2.41, 2026-11.
 */
export function triggerFolder(env: NodeJS.ProcessEnv = process.env): string {
	const home = env[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'];
	const userFolder = env.N8N_USER_FOLDER ?? home ?? process.cwd();
	return join(userFolder, '.n8n', 'storage', 'n8n-nodes-prompt-cache');
}
