import { hash } from 'node:crypto';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A model call, or what a cache decided, told after it was over. Times in ms since 1970. */
export interface Span {
	name: string;
	/** A call leaves the process, a decision is made inside. */
	kind: 'call' | 'decision';
	startMs: number;
	endMs: number;
	attributes: Attributes;
}

/** Spans that belong together: those of one execution, in whatever node or process they are made. */
export interface Trace {
	/** 32 hex characters. */
	id: string;
	/** 16 hex characters: the span above all others, which stands for the execution. */
	rootId: string;
	root: { name: string; attributes: Attributes };
	spans: readonly Span[];
}

/** Where spans come from. */
export interface TraceSource {
	/** Tells the execution 17 of one n8n from the execution 17 of another. */
	instanceId: string;
	executionId: string;
	workflowId: string;
	workflowName: string;
	nodeName: string;
}

/** Attribute names are those of n8n's own traces (2.41, November 2026), so that both can be searched alike. */
export function executionTrace(source: TraceSource, spans: readonly Span[]): Trace {
	const { instanceId, executionId, workflowId, workflowName, nodeName } = source;
	const attributes = defined({
		'n8n.execution.id': executionId,
		'n8n.workflow.id': workflowId,
		'n8n.workflow.name': workflowName,
	});
	return {
		...idsFrom(`${instanceId} ${executionId}`),
		root: {
			name: `invoke_workflow ${workflowName}`.trim(),
			attributes: { 'gen_ai.operation.name': 'invoke_workflow', ...attributes },
		},
		spans: spans.map((span) => ({
			...span,
			attributes: { ...attributes, 'n8n.node.name': nodeName, ...span.attributes },
		})),
	};
}

/** An answer that was given without an execution. */
export function answerTrace(
	{ answerId, workflowName }: { answerId: string; workflowName: string },
	spans: readonly Span[],
): Trace {
	const attributes = defined({ 'n8n.workflow.name': workflowName });
	return {
		...idsFrom(answerId),
		root: { name: `llm_endpoint ${workflowName}`.trim(), attributes },
		spans: spans.map((span) => ({ ...span, attributes: { ...attributes, ...span.attributes } })),
	};
}

function idsFrom(name: string): { id: string; rootId: string } {
	const digest = hash('sha256', name);
	return { id: digest.slice(0, 32), rootId: digest.slice(32, 48) };
}

/** Leaves out what is not known: an attribute that is there has a value. */
export function defined(
	values: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Attributes {
	const known: Record<string, string | number | boolean> = {};
	for (const [name, value] of Object.entries(values)) {
		if (value !== null && value !== undefined && value !== '') known[name] = value;
	}
	return known;
}
