import { ROOT_CONTEXT, SpanKind, TraceFlags, trace as traceApi } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
	AlwaysOnSampler,
	BasicTracerProvider,
	BatchSpanProcessor,
	RandomIdGenerator,
	type IdGenerator,
	type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { Span, Trace } from '../../core/trace/trace';
import type { OtlpTarget } from './otlpSettings';

export interface OpenTelemetryOptions {
	delayMs: number;
	timeoutMs: number;
	/** Spans that wait or are under way; beyond it new ones are given up. */
	mostQueued: number;
	/** What became of a span that was to be sent. */
	queued(isTaken: boolean): void;
	/** What became of a batch: a reason where it was not taken. */
	exported(spans: number, reason: string | undefined): void;
}

export interface OpenTelemetry {
	/** @param withRoot the span above all others is not sent yet */
	emit(trace: Trace, withRoot: boolean): void;
	flush(): Promise<void>;
	close(): Promise<void>;
}

const SCOPE = 'n8n-nodes-prompt-cache';
const SUCCESS = 0;

/** Turns traces into OpenTelemetry's spans and exports them. Only this file loads its packages. */
export function openTelemetry(
	target: OtlpTarget | undefined,
	options: OpenTelemetryOptions,
): OpenTelemetry {
	const ids = givenIds();
	// The SDK drops spans too, but tells nobody how many: with this bound it has no need to.
	let open = 0;
	const exporter = quiet(openExporter(target, options.timeoutMs), (spans, reason) => {
		open -= spans;
		options.exported(spans, reason);
	});
	const processor = new BatchSpanProcessor(exporter, {
		scheduledDelayMillis: options.delayMs,
		maxQueueSize: options.mostQueued,
		exportTimeoutMillis: 2 * options.timeoutMs,
	});
	const provider = new BasicTracerProvider({
		idGenerator: ids,
		sampler: new AlwaysOnSampler(),
		resource: resourceFromAttributes({ 'service.name': 'n8n' }).merge(
			detectResources({ detectors: [envDetector] }),
		),
		spanProcessors: [processor],
	});
	const tracer = provider.getTracer(SCOPE);
	// Dates, since a small number would be taken for a time since the process began.
	const add = ({ name, kind, startMs, endMs, attributes }: Span, parent = ROOT_CONTEXT): void => {
		const isTaken = open < options.mostQueued;
		options.queued(isTaken);
		if (!isTaken) return;
		open += 1;
		tracer
			.startSpan(
				name,
				{
					kind: kind === 'call' ? SpanKind.CLIENT : SpanKind.INTERNAL,
					startTime: new Date(startMs),
					attributes,
				},
				parent,
			)
			.end(new Date(endMs));
	};
	return {
		emit(trace, withRoot) {
			const { id: traceId, rootId: spanId, spans } = trace;
			if (withRoot) ids.with(traceId, spanId, () => add(rootOf(trace)));
			const above = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
			const parent = traceApi.setSpanContext(ROOT_CONTEXT, above);
			for (const span of spans) add(span, parent);
		},
		flush: () => processor.forceFlush().catch(() => undefined),
		close: () => processor.shutdown().catch(() => undefined),
	};
}

/** The execution as a span: as long as what is known of it when its first spans are sent. */
function rootOf({ root, spans }: Trace): Span {
	return {
		...root,
		kind: 'decision',
		startMs: Math.min(...spans.map(({ startMs }) => startMs)),
		endMs: Math.max(...spans.map(({ endMs }) => endMs)),
	};
}

interface GivenIds extends IdGenerator {
	/** Spans made inside get these ids. */
	with(traceId: string, spanId: string, make: () => void): void;
}

/** Random ids, but for the span whose ids are to be the same in every node and process. */
function givenIds(): GivenIds {
	const random = new RandomIdGenerator();
	let given: { traceId: string; spanId: string } | undefined;
	return {
		generateTraceId: () => given?.traceId ?? random.generateTraceId(),
		generateSpanId: () => given?.spanId ?? random.generateSpanId(),
		with(traceId, spanId, make) {
			given = { traceId, spanId };
			try {
				make();
			} finally {
				given = undefined;
			}
		},
	};
}

const SECRETS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'];

/**
 * The exporter adds the environment's headers to those it is given, and reads them while it is made. They are meant
 * for the operator's collector: to an address that a workflow names they must not go.
 */
function openExporter(target: OtlpTarget | undefined, timeoutMillis: number): SpanExporter {
	const concurrencyLimit = 2;
	// Everything else by the environment, OTEL_EXPORTER_OTLP_TIMEOUT (10 s by default) included.
	if (target === undefined) return new OTLPTraceExporter({ concurrencyLimit });
	const kept = SECRETS.map((name) => [name, process.env[name]] as const);
	for (const name of SECRETS) delete process.env[name];
	try {
		const { url, headers } = target;
		const httpAgentOptions = { keepAlive: true };
		return new OTLPTraceExporter({
			concurrencyLimit,
			timeoutMillis,
			url,
			headers: { ...headers },
			httpAgentOptions,
		});
	} finally {
		for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
	}
}

/** Counts what fails, and reports success to the SDK, which would complain to n8n's own diagnostics. */
function quiet(inner: SpanExporter, exported: OpenTelemetryOptions['exported']): SpanExporter {
	return {
		export: (spans, done) =>
			inner.export(spans, ({ code, error }) => {
				exported(spans.length, code === SUCCESS ? undefined : reasonOf(error));
				done({ code: SUCCESS });
			}),
		forceFlush: async () => await inner.forceFlush?.(),
		shutdown: () => inner.shutdown(),
	};
}

/** The SDK's own words for what has no code (0.223). */
const MEANINGS: Readonly<Record<string, string>> = {
	'Request timed out': 'no answer in time',
	'Export failed with retryable status': 'the collector is overloaded',
	'Concurrent export limit reached': 'the collector is too slow',
};

/** The collector's status or the socket's code; other messages could repeat an address with a password in it. */
function reasonOf(error: (Error & { code?: unknown }) | undefined): string {
	const { code, message = '' } = error ?? {};
	if (typeof code === 'number') return `the collector answered ${code}`;
	return MEANINGS[message] ?? `no answer (${typeof code === 'string' ? code : 'unknown reason'})`;
}
