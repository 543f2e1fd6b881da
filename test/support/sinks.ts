/** Servers that keep what is sent to them: a chat's incoming webhook and a mail server. */
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import { close, jsonBody, listen } from './meaningServer';

export interface Sink<T> {
	port: number;
	received: T[];
	stop(): Promise<void>;
}

/** Keeps the JSON of every POST. */
export async function startChatSink(): Promise<Sink<Record<string, unknown>> & { url: string }> {
	const received: Array<Record<string, unknown>> = [];
	const server = http.createServer((request, response) => {
		void (async () => {
			received.push(await jsonBody(request));
			response.end('ok');
		})();
	});
	const url = await listen(server);
	return { url, port: Number(new URL(url).port), received, stop: () => close(server) };
}

/** As much of SMTP (RFC 5321) as a client needs to hand over one mail after the other. */
function serveMail(socket: Socket, received: string[]): void {
	let buffer = '';
	let inData = false;
	socket.write('220 sink\r\n');
	socket.on('error', () => undefined);
	socket.on('data', (part) => {
		buffer += part.toString();
		for (;;) {
			const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n');
			if (end < 0) return;
			const text = buffer.slice(0, end);
			buffer = buffer.slice(end + (inData ? 5 : 2));
			if (inData) {
				received.push(text);
				inData = false;
				socket.write('250 kept\r\n');
			} else if (/^DATA/i.test(text)) {
				inData = true;
				socket.write('354 go on\r\n');
			} else if (/^QUIT/i.test(text)) {
				socket.end('221 bye\r\n');
			} else {
				socket.write('250 ok\r\n');
			}
		}
	});
}

/** Keeps every mail as it came over the wire. */
export async function startMailSink(): Promise<Sink<string>> {
	const received: string[] = [];
	const sockets = new Set<Socket>();
	const server = net.createServer((socket) => {
		sockets.add(socket);
		serveMail(socket, received);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		received,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}
