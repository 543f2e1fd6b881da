export interface N8nHost {
	version: string;
	folder: string;
	node: string;
	bin: string;
}

export const DEFAULT_N8N_VERSION: string;
export function ensureN8nHost(options: { node: string; version?: string }): Promise<N8nHost>;
