/** A real OTLP collector over HTTP: takes protobuf, keeps the spans. It can refuse, or stay silent. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedSpan {
	traceId: string;
	spanId: string;
	parentId: string;
	name: string;
	/** 1 internal, 3 client. */
	kind: number;
	startMs: number;
	endMs: number;
	attributes: Record<string, string | number | boolean>;
	resource: Record<string, string | number | boolean>;
}

export interface OtlpReceiver {
	url: string;
	spans: ReceivedSpan[];
	requests: Array<{ path: string; headers: IncomingHttpHeaders }>;
	/** What it answers from now on, and to those that still wait: a status, or nothing at all. */
	behave(how: number | 'silent'): void;
	stop(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
	const spans: ReceivedSpan[] = [];
	const requests: OtlpReceiver['requests'] = [];
	const sockets = new Set<Socket>();
	let behaviour: number | 'silent' = 200;
	const unanswered: ServerResponse[] = [];
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on('data', (part: Buffer) => parts.push(part));
		request.on('end', () => {
			requests.push({ path: request.url ?? '', headers: request.headers });
			if (behaviour === 'silent') return void unanswered.push(response);
			if (behaviour === 200) spans.push(...readRequest(Buffer.concat(parts)));
			response.writeHead(behaviour, { 'content-type': 'application/x-protobuf' }).end();
		});
	});
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		spans,
		requests,
		behave(how) {
			behaviour = how;
			if (how === 'silent') return;
			for (const response of unanswered.splice(0)) response.writeHead(how).end();
		},
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

type Value = bigint | Buffer;

/** The fields of a protobuf message by number (protobuf.dev/programming-guides/encoding). */
function fieldsOf(bytes: Buffer): Map<number, Value[]> {
	const fields = new Map<number, Value[]>();
	let at = 0;
	const varint = (): bigint => {
		let value = 0n;
		for (let shift = 0n; ; shift += 7n) {
			const byte = bytes[at++]!;
			value |= BigInt(byte & 0x7f) << shift;
			if (byte < 0x80) return value;
		}
	};
	const take = (length: number): Buffer => bytes.subarray(at, (at += length));
	while (at < bytes.length) {
		const tag = Number(varint());
		const wire = tag & 7;
		const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : Number(varint()));
		fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
	}
	return fields;
}

const messages = (fields: Map<number, Value[]>, number: number): Array<Map<number, Value[]>> =>
	(fields.get(number) ?? []).map((value) => fieldsOf(value as Buffer));
const bytesAt = (fields: Map<number, Value[]>, number: number): Buffer =>
	(fields.get(number)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);

/** opentelemetry/proto/collector/trace/v1: ExportTraceServiceRequest. */
function readRequest(body: Buffer): ReceivedSpan[] {
	return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
		const [resource] = messages(resourceSpans, 1);
		const about = resource ? attributesOf(resource, 1) : {};
		return messages(resourceSpans, 2).flatMap((scopeSpans) =>
			messages(scopeSpans, 2).map((span) => readSpan(span, about)),
		);
	});
}

function readSpan(span: Map<number, Value[]>, resource: ReceivedSpan['resource']): ReceivedSpan {
	const ms = (number: number) => Number(bytesAt(span, number).readBigUInt64LE() / 1_000_000n);
	return {
		traceId: bytesAt(span, 1).toString('hex'),
		spanId: bytesAt(span, 2).toString('hex'),
		parentId: bytesAt(span, 4).toString('hex'),
		name: bytesAt(span, 5).toString(),
		kind: Number(span.get(6)?.[0] ?? 0n),
		startMs: ms(7),
		endMs: ms(8),
		attributes: attributesOf(span, 9),
		resource,
	};
}

function attributesOf(message: Map<number, Value[]>, number: number): ReceivedSpan['attributes'] {
	return Object.fromEntries(
		messages(message, number).map((pair) => {
			const [value] = messages(pair, 2);
			return [bytesAt(pair, 1).toString(), value ? scalarOf(value) : ''];
		}),
	);
}

function scalarOf(value: Map<number, Value[]>): string | number | boolean {
	if (value.has(2)) return value.get(2)![0] === 1n;
	if (value.has(3)) return Number(BigInt.asIntN(64, value.get(3)![0] as bigint));
	if (value.has(4)) return bytesAt(value, 4).readDoubleLE();
	return bytesAt(value, 1).toString();
}
