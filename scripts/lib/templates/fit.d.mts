export interface WorkflowNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
	onError?: string;
	webhookId?: string;
}

export interface Workflow {
	id?: string;
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	active?: boolean;
	settings?: Record<string, unknown>;
}

export interface FitOptions {
	id: string;
	credentials: Record<string, { id: string; name: string }>;
	settings?: Record<string, unknown>;
	backend?: string;
	change?(workflow: Workflow): void;
}

export function stableId(text: string): string;
export function fitTemplate(
	template: Workflow,
	options: FitOptions,
): { workflow: Workflow; missing: string[] };
