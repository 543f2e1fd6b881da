import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { IExecuteFunctions, ISupplyDataFunctions } from 'n8n-workflow';
import type { Span, Trace } from '../core/trace/trace';
import { executionTrace } from '../core/trace/trace';
import type { OtlpTarget } from '../drivers/telemetry/otlpSettings';
import { otlpSink } from '../drivers/telemetry/otlpSink';
import type { SpanSink } from '../ports/SpanSink';
import { hostLog } from './hostLog';

/**
 * Own switch, since n8n and other software in its process read OpenTelemetry's variables too. The collector behind it
 * is the one that `OTEL_EXPORTER_OTLP_…` names.
 */
const isOn = /^(1|true|on|yes)$/i.test(process.env.N8N_PROMPT_CACHE_TRACES ?? '');

let environment: SpanSink | undefined;

/** Where all nodes of this n8n send spans to; undefined where tracing is off. */
export function environmentSink(): SpanSink | undefined {
	if (!isOn) return undefined;
	return (environment ??= otlpSink(undefined, { onFailure, onOverflow }));
}

const collectors = new LRUCache<string, SpanSink>({
	max: 32,
	dispose: (sink) => void sink.close(),
});

/** Where a node sends spans to by its own parameters. */
export function collectorSink(target: OtlpTarget): SpanSink {
	const name = hash('sha256', JSON.stringify([target.url, target.headers]));
	let sink = collectors.get(name);
	if (sink === undefined) {
		sink = otlpSink(target, { onFailure, onOverflow });
		collectors.set(name, sink);
	}
	return sink;
}

function onFailure(reason: string): void {
	hostLog('debug', `n8n-nodes-prompt-cache: spans are not taken by the collector: ${reason}`);
}

function onOverflow(dropped: number): void {
	hostLog(
		'warn',
		`n8n-nodes-prompt-cache: ${dropped} spans were dropped: more came than the collector takes`,
	);
}

/** Sends what is made, if there is somewhere to send it; trouble with it is nobody's trouble. */
export function sendTrace(sink: SpanSink | undefined, make: () => Trace): void {
	if (sink === undefined) return;
	try {
		sink.send(make());
	} catch (error) {
		hostLog('debug', `n8n-nodes-prompt-cache: no spans were made: ${String(error)}`);
	}
}

/** Spans of the execution that a node runs in. */
export function traceFrom(
	ctx: IExecuteFunctions | ISupplyDataFunctions,
	spans: readonly Span[],
): Trace {
	const workflow = ctx.getWorkflow();
	const source = {
		instanceId: ctx.getInstanceId(),
		executionId: ctx.getExecutionId() || randomUUID(),
		workflowId: workflow.id ?? '',
		workflowName: workflow.name ?? '',
		nodeName: ctx.getNode().name,
	};
	return executionTrace(source, spans);
}

/** Waits until all spans have been taken or given up; for tests and command lines, n8n itself never calls it. */
export async function flushTraces(): Promise<void> {
	await Promise.all([environment, ...collectors.values()].map((sink) => sink?.flush()));
}
