import type { N8nHost } from './n8nHost.mjs';

export interface Owner {
	email: string;
	password: string;
}

export function setUpOwner(url: string, owner: Owner): Promise<void>;
export function ensureUserFolder(
	host: N8nHost,
	userFolder: string,
	packageFolder?: string,
): Promise<Owner>;
