/**
 * A stand-in for a Redis server with modules that cannot be had for tests: it speaks RESP2 and answers recorded
 * replies. Everything else is tested against real servers.
 */
import { createServer, type Socket } from 'node:net';

/** An error is answered as one, by its message. */
type Reply = string | number | null | Error | Reply[];

export interface RespStandIn {
	port: number;
	/** Every command received, binary arguments as `<n bytes>`. */
	commands: string[][];
	close(): Promise<void>;
}

const encode = (reply: Reply): string => {
	if (reply === null) return '$-1\r\n';
	if (reply instanceof Error) return `-${reply.message}\r\n`;
	if (typeof reply === 'number') return `:${reply}\r\n`;
	if (Array.isArray(reply)) return `*${reply.length}\r\n${reply.map(encode).join('')}`;
	return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
};

/** Splits complete commands off a buffer; returns what is left. */
function parse(buffer: Buffer, onCommand: (parts: Buffer[]) => void): Buffer {
	let at = 0;
	for (;;) {
		const start = at;
		const line = (): string | undefined => {
			const end = buffer.indexOf('\r\n', at);
			if (end < 0) return undefined;
			const text = buffer.toString('latin1', at, end);
			at = end + 2;
			return text;
		};
		const head = line();
		if (head === undefined) return buffer.subarray(start);
		const parts: Buffer[] = [];
		for (let left = Number(head.slice(1)); left > 0; left--) {
			const length = line();
			if (length === undefined) return buffer.subarray(start);
			const size = Number(length.slice(1));
			if (at + size + 2 > buffer.length) return buffer.subarray(start);
			parts.push(buffer.subarray(at, at + size));
			at += size + 2;
		}
		onCommand(parts);
	}
}

/** Starts on a free loopback port; `answers` gives the reply to a command by its name. */
export async function startRespStandIn(
	answers: Record<string, (parts: string[]) => Reply>,
): Promise<RespStandIn> {
	const commands: string[][] = [];
	const sockets = new Set<Socket>();
	const shown = (part: Buffer) => (part.includes(0) ? `<${part.length} bytes>` : part.toString());
	const server = createServer((socket) => {
		sockets.add(socket);
		let rest: Buffer = Buffer.alloc(0);
		socket.on('data', (data: Buffer) => {
			rest = parse(Buffer.concat([rest, data]), (raw) => {
				const parts = raw.map(shown);
				const name = parts[0]!.toUpperCase();
				if (name === 'INFO') return socket.write(encode('redis_version:7.4.0\r\nloading:0\r\n'));
				if (name !== 'CLIENT') commands.push(parts);
				const answer = answers[name];
				return socket.write(answer ? encode(answer(parts)) : '+OK\r\n');
			});
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	return {
		port: typeof address === 'object' && address ? address.port : 0,
		commands,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
