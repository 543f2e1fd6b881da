import type { N8nHost } from './n8nHost.mjs';

export interface N8nEnd {
	code: number | null;
	signal?: string | null;
	error?: Error;
}

export interface N8nProcess {
	url: string;
	port: number;
	pid: number;
	log(): string;
	ended: Promise<N8nEnd>;
	stop(options?: { graceMs?: number }): Promise<N8nEnd>;
}

export function startN8n(
	host: N8nHost,
	userFolder: string,
	options?: { port?: number; env?: Record<string, string>; logFile?: string; timeoutMs?: number },
): Promise<N8nProcess>;

export function n8nEnvironment(
	host: N8nHost,
	userFolder: string,
	extra?: Record<string, string>,
): NodeJS.ProcessEnv;
