import type { Workflow } from './fit.mjs';

export function readTemplates(
	folder?: string,
): Array<{ file: string; text: string; workflow: Workflow }>;
