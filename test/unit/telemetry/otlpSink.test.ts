import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { executionTrace, type Span, type Trace } from '../../../nodes/shared/core/trace/trace';
import { headerList, tracesUrl } from '../../../nodes/shared/drivers/telemetry/otlpSettings';
import { otlpSink } from '../../../nodes/shared/drivers/telemetry/otlpSink';
import type { SpanSink } from '../../../nodes/shared/ports/SpanSink';
import { startOtlpReceiver, type OtlpReceiver } from '../../support/otlpReceiver';

const span = (name: string, more: Partial<Span> = {}): Span => ({
	name,
	kind: 'call',
	startMs: 1_000,
	endMs: 1_250,
	attributes: {},
	...more,
});
const trace = (executionId: string, ...spans: Span[]): Trace =>
	executionTrace(
		{
			instanceId: 'one',
			executionId,
			workflowId: 'w1',
			workflowName: 'Support desk',
			nodeName: 'Cost Tracker',
		},
		spans,
	);

let collector: OtlpReceiver;
let sinks: SpanSink[] = [];
const told: string[] = [];
const overflows: number[] = [];

const open = (
	headers: Record<string, string> = {},
	url = `${collector.url}/v1/traces`,
): SpanSink => {
	const sink = otlpSink(
		{ url, headers },
		// Long enough that only a flush sends.
		{
			delayMs: 60_000,
			timeoutMs: 300,
			onFailure: (reason) => told.push(reason),
			onOverflow: (dropped) => overflows.push(dropped),
		},
	);
	sinks.push(sink);
	return sink;
};

beforeEach(async () => {
	collector = await startOtlpReceiver();
	told.length = 0;
	overflows.length = 0;
});

afterEach(async () => {
	await collector.stop();
	await Promise.all(sinks.map((sink) => sink.close()));
	sinks = [];
});

describe('spans sent by OTLP', () => {
	it('arrive with their times, kinds and attributes, under one span for the execution', async () => {
		const sink = open();
		const attributes = { text: 'a', count: 3, share: 0.25, yes: true };
		sink.send(
			trace(
				'17',
				span('chat gpt-4o', { attributes }),
				span('cache miss', { kind: 'decision', endMs: 1_001 }),
			),
		);
		await sink.flush();

		const [root, call, decision] = collector.spans;
		expect(collector.spans).toHaveLength(3);
		expect(root).toMatchObject({
			name: 'invoke_workflow Support desk',
			parentId: '',
			startMs: 1_000,
			endMs: 1_250,
			attributes: { 'gen_ai.operation.name': 'invoke_workflow', 'n8n.execution.id': '17' },
			resource: { 'service.name': 'n8n' },
		});
		expect(call).toMatchObject({
			name: 'chat gpt-4o',
			kind: 3,
			traceId: root!.traceId,
			parentId: root!.spanId,
			attributes: {
				...attributes,
				'n8n.workflow.name': 'Support desk',
				'n8n.node.name': 'Cost Tracker',
			},
		});
		expect(decision).toMatchObject({ name: 'cache miss', kind: 1, startMs: 1_000, endMs: 1_001 });
		expect(sink.figures()).toEqual({ sent: 3, failed: 0, dropped: 0 });
	});

	it('of one execution share a trace, whichever node sends them, and the span above is sent once', async () => {
		const [one, other] = [open(), open()];
		one.send(trace('17', span('a')));
		one.send(trace('17', span('b')));
		one.send(trace('18', span('c')));
		other.send(trace('17', span('d')));
		await Promise.all([one.flush(), other.flush()]);

		const of = (name: string) => collector.spans.find((found) => found.name === name)!;
		expect(of('b')).toMatchObject({ traceId: of('a').traceId, parentId: of('a').parentId });
		expect(of('d')).toMatchObject({ traceId: of('a').traceId, parentId: of('a').parentId });
		expect(of('c').traceId).not.toBe(of('a').traceId);
		const roots = collector.spans.filter(({ parentId }) => parentId === '');
		expect(roots.map(({ attributes }) => attributes['n8n.execution.id']).sort()).toEqual([
			'17',
			'17',
			'18',
		]);
	});

	it('carry the headers that were given, and none of those the environment has for another collector', async () => {
		process.env.OTEL_EXPORTER_OTLP_HEADERS = 'authorization=Bearer operator,x-other=secret';
		try {
			const sink = open({ 'x-mlflow-experiment-id': '0' });
			sink.send(trace('1', span('a')));
			await sink.flush();
			const [{ headers, path }] = collector.requests as [OtlpReceiver['requests'][0]];
			expect(path).toBe('/v1/traces');
			expect(headers).toMatchObject({
				'x-mlflow-experiment-id': '0',
				'content-type': 'application/x-protobuf',
			});
			expect(JSON.stringify(headers)).not.toMatch(/operator|secret/);
			expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toContain('operator');
		} finally {
			delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
		}
	});

	it("go to the environment's collector, with its headers, where none is named", async () => {
		process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
		process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-mlflow-experiment-id=7';
		process.env.OTEL_SERVICE_NAME = 'n8n of the shop';
		try {
			const sink = otlpSink(undefined, { delayMs: 60_000 });
			sinks.push(sink);
			sink.send(trace('1', span('a')));
			await sink.flush();
			expect(collector.requests[0]).toMatchObject({
				path: '/v1/traces',
				headers: { 'x-mlflow-experiment-id': '7' },
			});
			expect(collector.spans[0]!.resource['service.name']).toBe('n8n of the shop');
		} finally {
			delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
			delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
			delete process.env.OTEL_SERVICE_NAME;
		}
	});

	it('are sent before the sink closes', async () => {
		const sink = open();
		sink.send(trace('1', span('a')));
		await sink.close();
		sink.send(trace('2', span('b')));
		expect(collector.spans.map(({ name }) => name)).toEqual(['invoke_workflow Support desk', 'a']);
	});
});

describe('a collector that', () => {
	it.each([
		['refuses the key', 401, 'the collector answered 401'],
		['does not know the address', 404, 'the collector answered 404'],
	])('%s is told once, by its status and without the secret', async (_what, status, reason) => {
		collector.behave(status);
		const sink = open({ authorization: 'Basic c2VjcmV0' });
		for (const id of ['1', '2']) {
			sink.send(trace(id, span('a')));
			await sink.flush();
		}
		expect(told).toEqual([reason]);
		expect(sink.figures()).toEqual({ sent: 0, failed: 4, dropped: 0, problem: reason });
	});

	it('is not there, or says nothing, costs the sender no wait and only the spans', async () => {
		collector.behave('silent');
		const silent = open();
		const dead = open({}, 'http://user:secret@127.0.0.1:1/v1/traces');
		for (const sink of [silent, dead]) {
			// send is not awaited: it has nothing to wait for.
			expect(sink.send(trace('1', span('a')))).toBeUndefined();
			await sink.flush();
			expect(sink.figures()).toMatchObject({ sent: 0, failed: 2 });
		}
		expect(told).toEqual(['no answer in time', 'no answer (ECONNREFUSED)']);
	});

	it('comes back gets what is sent from then on', async () => {
		collector.behave(401);
		const sink = open();
		sink.send(trace('1', span('a')));
		await sink.flush();
		collector.behave(200);
		sink.send(trace('2', span('b')));
		await sink.flush();
		expect(collector.spans.map(({ name }) => name)).toContain('b');
		expect(sink.figures()).toEqual({ sent: 2, failed: 2, dropped: 0 });
	});

	it('is slower than the calls loses spans before it fills the memory', async () => {
		collector.behave('silent');
		const sink = open();
		sink.send(trace('1', span('a')));
		await sink.flush();
		collector.behave(200);
		const many = (id: string) =>
			trace(id, ...Array.from({ length: 10_000 }, (_, at) => span(`call ${at}`)));
		sink.send(many('2'));
		await sink.flush();
		expect(collector.spans.length).toBeGreaterThan(1_000);
		expect(collector.spans.length).toBeLessThanOrEqual(2_048);
	});

	it('is slower than the calls is told of what was dropped, once for each overflow', async () => {
		const sink = open();
		const many = Array.from({ length: 3_000 }, (_, at) => span(`call ${at}`));
		for (const id of ['1', '2']) {
			sink.send(trace(id, span('first of all')));
			await sink.flush();
			sink.send(trace(id, ...many));
			expect(sink.figures().problem).toBe('more spans came than the collector takes');
			await sink.flush();
		}
		sink.send(trace('3', span('last')));
		await sink.flush();
		expect(overflows).toEqual([3_000 - 2_048, 3_000 - 2_048]);
		const { sent, failed, dropped } = sink.figures();
		expect({ sent, dropped }).toEqual({
			sent: collector.spans.length,
			dropped: 2 * (3_000 - 2_048),
		});
		expect(sent + failed + dropped).toBe(2 * 3_000 + 3 + 3);
	});
});

it('a process with a dead collector ends by itself, with spans still to be sent', () => {
	const program = `
		const { otlpSink } = require('./dist/nodes/shared/drivers/telemetry/otlpSink.js');
		const sink = otlpSink({ url: 'http://127.0.0.1:1/v1/traces', headers: {} }, { delayMs: 60000 });
		const attributes = {};
		const spans = [{ name: 'a', kind: 'call', startMs: 1, endMs: 2, attributes }];
		sink.send({ id: '1'.repeat(32), rootId: '1'.repeat(16), root: { name: 'r', attributes }, spans });
	`;
	const { status } = spawnSync(process.execPath, ['-e', program], { timeout: 20_000 });
	expect(status).toBe(0);
});

describe("a collector's address", () => {
	it.each([
		['http://localhost:5000', 'http://localhost:5000/v1/traces'],
		[
			' https://cloud.langfuse.com/api/public/otel/ ',
			'https://cloud.langfuse.com/api/public/otel/v1/traces',
		],
		['http://localhost:4318/v1/traces', 'http://localhost:4318/v1/traces'],
	])('%s becomes %s', (given, url) => {
		expect(tracesUrl(given)).toBe(url);
	});

	it.each(['', 'localhost:5000', 'file:///etc/passwd', 'grpc://x'])('%p is none', (text) => {
		expect(tracesUrl(text)).toBeUndefined();
	});

	it('comes with headers as the environment writes them', () => {
		expect(headerList('a=1, x-b = c=d ,')).toEqual({ a: '1', 'x-b': 'c=d' });
		expect(headerList('no value')).toBeUndefined();
		expect(headerList('bad name=1')).toBeUndefined();
	});
});
