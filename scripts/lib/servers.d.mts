export type EnsuredServer = { found: true; launcher: string[] } | { found: false; reason: string };

export function ensureServer(name: 'redis8' | 'valkey8'): Promise<EnsuredServer>;
