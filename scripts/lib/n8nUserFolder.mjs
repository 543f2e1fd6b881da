/** An n8n user folder: made once per host with an owner, then copied, so that starts are fast. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { startN8n } from './n8nProcess.mjs';
import { repoRoot } from './paths.mjs';
import { withProgress } from './say.mjs';

const PACKAGE = 'n8n-nodes-prompt-cache';

/** Makes the owner of an n8n that has none. */
export async function setUpOwner(url, owner) {
	const answer = await fetch(`${url}/rest/owner/setup`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ ...owner, firstName: 'Local', lastName: 'Owner' }),
	});
	if (!answer.ok) throw new Error(`n8n refused the owner: ${answer.status} ${await answer.text()}`);
}

async function prepare(host, prepared) {
	const partial = `${prepared}.partial`;
	fs.rmSync(partial, { recursive: true, force: true });
	fs.mkdirSync(partial, { recursive: true });
	const owner = {
		email: 'owner@example.com',
		password: `Local-${crypto.randomBytes(9).toString('hex')}-1`,
	};
	const n8n = await startN8n(host, partial, { env: { N8N_RUNNERS_ENABLED: 'false' } });
	try {
		await setUpOwner(n8n.url, owner);
	} finally {
		await n8n.stop();
	}
	fs.rmSync(path.join(partial, 'n8n.log'));
	fs.writeFileSync(path.join(partial, 'owner.json'), JSON.stringify(owner), { mode: 0o600 });
	fs.renameSync(partial, prepared);
}

/**
 * Fills `userFolder` with a migrated database and an owner unless it has one already, and links
 * this package (from `packageFolder`) into it as an install from the editor would place it.
 * Resolves to the owner's `{ email, password }`.
 */
export async function ensureUserFolder(host, userFolder, packageFolder = repoRoot) {
	const prepared = path.join(host.folder, 'prepared');
	if (!fs.existsSync(prepared)) {
		await withLock(`${prepared}.lock`, async () => {
			if (fs.existsSync(prepared)) return;
			await withProgress("Preparing n8n's database once", () => prepare(host, prepared));
		});
	}
	if (!fs.existsSync(path.join(userFolder, '.n8n', 'config'))) {
		fs.cpSync(prepared, userFolder, { recursive: true });
	}
	linkPackage(userFolder, packageFolder);
	return JSON.parse(fs.readFileSync(path.join(userFolder, 'owner.json'), 'utf8'));
}

/** Where n8n looks for community packages; a link there gives the same type names as an install. */
function linkPackage(userFolder, packageFolder) {
	const modules = path.join(userFolder, '.n8n', 'nodes', 'node_modules');
	const link = path.join(modules, PACKAGE);
	fs.mkdirSync(modules, { recursive: true });
	fs.rmSync(link, { recursive: true, force: true });
	fs.symlinkSync(packageFolder, link, process.platform === 'win32' ? 'junction' : 'dir');
}
