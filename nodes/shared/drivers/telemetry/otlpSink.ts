import { LRUCache } from 'lru-cache';
import type { Trace } from '../../core/trace/trace';
import type { SpanFigures, SpanSink } from '../../ports/SpanSink';
import type { OtlpTarget } from './otlpSettings';
import type { OpenTelemetry } from './openTelemetry';

export interface OtlpSinkOptions {
	/** How long spans are gathered before they are sent together, ms. */
	delayMs?: number;
	/** How long one request to the collector may take, its repetitions included, ms. */
	timeoutMs?: number;
	/** Told when the collector first fails, in words without addresses or headers. */
	onFailure?(reason: string): void;
}

/** Beyond it new spans are given up, so a dead collector costs a few megabytes at most. */
const MOST_QUEUED_SPANS = 2_048;
/** Traces that wait for the packages to be loaded. */
const MOST_EARLY_TRACES = 256;
/** Executions whose span above is not sent again. */
const MOST_ROOTS = 10_000;

/**
 * Sends spans by OTLP over HTTP with OpenTelemetry's own packages, which are loaded at the first span. The provider is
 * this sink's own: the one that n8n may have registered for itself is not touched. Requests are made in batches beside
 * the workflow, two at a time at most; timers and idle sockets do not keep the process alive.
 * @param target undefined for the collector that the environment names (`OTEL_EXPORTER_OTLP_…`)
 */
export function otlpSink(target: OtlpTarget | undefined, options: OtlpSinkOptions = {}): SpanSink {
	const figures: SpanFigures = { sent: 0, failed: 0 };
	const roots = new LRUCache<string, true>({ max: MOST_ROOTS });
	const early: Trace[] = [];
	let telemetry: OpenTelemetry | undefined;
	let loading: Promise<void> | undefined;
	let told = false;
	let closed = false;

	const exported = (spans: number, reason: string | undefined): void => {
		figures.problem = reason;
		if (reason === undefined) {
			figures.sent += spans;
			return;
		}
		figures.failed += spans;
		if (told) return;
		told = true;
		options.onFailure?.(reason);
	};
	const load = async (): Promise<void> => {
		try {
			const { openTelemetry } = await import('./openTelemetry');
			telemetry = openTelemetry(target, {
				delayMs: options.delayMs ?? 1_000,
				timeoutMs: options.timeoutMs ?? 10_000,
				mostQueued: MOST_QUEUED_SPANS,
				exported,
			});
			for (const trace of early.splice(0)) emit(telemetry, trace);
		} catch (error) {
			early.length = 0;
			closed = true;
			exported(0, `not to be sent (${error instanceof Error ? error.name : 'unknown error'})`);
		}
	};
	const emit = (to: OpenTelemetry, trace: Trace): void => {
		const isNew = !roots.has(trace.id);
		roots.set(trace.id, true);
		to.emit(trace, isNew);
	};
	const flush = async (): Promise<void> => {
		await loading;
		await telemetry?.flush();
	};

	return {
		send(trace) {
			if (closed || trace.spans.length === 0) return;
			if (telemetry) return emit(telemetry, trace);
			if (early.length < MOST_EARLY_TRACES) early.push(trace);
			loading ??= load();
		},
		flush,
		async close() {
			await flush();
			closed = true;
			await telemetry?.close();
		},
		figures: () => ({ ...figures }),
	};
}
