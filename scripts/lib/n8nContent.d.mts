import type { N8nHost } from './n8nHost.mjs';
import type { Owner } from './n8nUserFolder.mjs';
import type { Workflow } from './templates/fit.mjs';

export interface Credential {
	id: string;
	name: string;
	type: string;
	data: Record<string, unknown>;
}

export interface EditorSession {
	cookie: string;
	call(method: string, route: string, body?: unknown): Promise<unknown>;
}

export function importCredentials(
	host: N8nHost,
	userFolder: string,
	credentials: Credential[],
	env?: Record<string, string>,
): Promise<void>;
export function importWorkflows(
	host: N8nHost,
	userFolder: string,
	workflows: Workflow[],
	env?: Record<string, string>,
): Promise<void>;
export function logIn(url: string, owner: Owner): Promise<EditorSession>;
export function publish(session: EditorSession, ids: string[]): Promise<void>;
export function waitForWebhooks(
	url: string,
	workflows: Workflow[],
	timeoutMs?: number,
): Promise<void>;
