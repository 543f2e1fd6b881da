import type { WorkflowNode } from './fit.mjs';

export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: Record<string, unknown>,
	more?: Partial<WorkflowNode>,
): WorkflowNode;
