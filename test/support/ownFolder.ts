/** Folders that a test file makes, removed when it is over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { closeConnections } from '../../nodes/shared/n8n/connections';

const made: string[] = [];

export function ownFolder(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), `prompt-cache-${name}-`));
	made.push(folder);
	return folder;
}

afterAll(() => {
	// What nodes opened in them first: a database writes when it is closed.
	closeConnections();
	for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
