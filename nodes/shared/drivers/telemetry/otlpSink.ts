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
	/** Told once an overflow is over, with the spans that it cost. */
	onOverflow?(dropped: number): void;
}

/** Beyond it new spans are given up, so a dead collector costs a few megabytes at most. */
const MOST_QUEUED_SPANS = 2_048;
/** Traces that wait for the packages to be loaded. */
const MOST_EARLY_TRACES = 256;
const OVERFLOW = 'more spans came than the collector takes';
/** Executions whose span above is not sent again. */
const MOST_ROOTS = 10_000;

/**
 * Sends spans by OTLP over HTTP with OpenTelemetry's own packages, which are loaded at the first span. The provider is
 * this sink's own: the one that n8n may have registered for itself is not touched. Requests are made in batches beside
 * the workflow, two at a time at most; timers and idle sockets do not keep the process alive.
 * @param target undefined for the collector that the environment names (`OTEL_EXPORTER_OTLP_…`)
 */
export function otlpSink(target: OtlpTarget | undefined, options: OtlpSinkOptions = {}): SpanSink {
	const figures: SpanFigures = { sent: 0, failed: 0, dropped: 0 };
	const roots = new LRUCache<string, true>({ max: MOST_ROOTS });
	const early: Trace[] = [];
	let telemetry: OpenTelemetry | undefined;
	let loading: Promise<void> | undefined;
	let told = false;
	let overflow = 0;
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
	const dropped = (spans: number): void => {
		figures.problem = OVERFLOW;
		figures.dropped += spans;
		overflow += spans;
	};
	const queued = (isTaken: boolean): void => {
		if (!isTaken) return dropped(1);
		if (overflow === 0) return;
		options.onOverflow?.(overflow);
		overflow = 0;
	};
	const load = async (): Promise<void> => {
		try {
			const { openTelemetry } = await import('./openTelemetry');
			telemetry = openTelemetry(target, {
				delayMs: options.delayMs ?? 1_000,
				timeoutMs: options.timeoutMs ?? 10_000,
				mostQueued: MOST_QUEUED_SPANS,
				queued,
				exported,
			});
			for (const trace of early.splice(0)) emit(telemetry, trace);
		} catch (error) {
			const lost = early.splice(0).flatMap(({ spans }) => spans).length;
			closed = true;
			exported(lost, `not to be sent (${error instanceof Error ? error.name : 'unknown error'})`);
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
			else dropped(trace.spans.length);
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
