export type EnsuredProgram = { found: true; file: string } | { found: false; reason: string };

export function findProgram(...names: string[]): string | undefined;
export function ensureProgram(names: string[], debianPackage: string): Promise<EnsuredProgram>;
