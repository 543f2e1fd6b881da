/**
 * A proxy that answers for one https host with a server of the test: for sub-nodes whose provider's address cannot be
 * changed. The program under test is told of it by the environment, as behind a company's proxy.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface TlsProxy {
	/** HTTPS_PROXY, NO_PROXY, the certificate to trust, and word to Node's own fetch to heed them. */
	env: Record<string, string>;
	stop(): Promise<void>;
}

const listening = (server: http.Server | https.Server): Promise<number> =>
	new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
	});

function certificate(host: string, folder: string): { key: Buffer; cert: Buffer; file: string } {
	const [key, file] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [
		string,
		string,
	];
	const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
	const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	execFileSync(
		'openssl',
		['req', ...made, '-days', '2', '-keyout', key, '-out', file, ...subject],
		{
			stdio: 'ignore',
		},
	);
	return { key: fs.readFileSync(key), cert: fs.readFileSync(file), file };
}

/** Starts the proxy: https requests to `host` are answered by the plain server at `target`. */
export async function startTlsProxy(host: string, target: string): Promise<TlsProxy> {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-tls-'));
	const { key, cert, file } = certificate(host, folder);
	const front = https.createServer({ key, cert }, (request, response) => {
		const { method, url, headers } = request;
		const forward = http.request(`${target}${url}`, { method, headers }, (answer) => {
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
			// What breaks off there breaks off here.
			answer.once('close', () => (answer.complete ? undefined : response.destroy()));
		});
		forward.once('error', () => response.destroy());
		request.pipe(forward);
	});
	const frontPort = await listening(front);
	const proxy = http.createServer((_request, response) => response.writeHead(403).end());
	const sockets = new Set<net.Socket>();
	proxy.on('connect', (request, socket: net.Socket) => {
		if (request.url !== `${host}:443`) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
		const onward = net.connect(frontPort, '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			socket.pipe(onward).pipe(socket);
		});
		for (const end of [socket, onward]) {
			sockets.add(end);
			end.on('error', () => end.destroy());
			end.once('close', () => sockets.delete(end));
		}
		return undefined;
	});
	const proxyPort = await listening(proxy);
	return {
		env: {
			HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
			NO_PROXY: '127.0.0.1,localhost',
			NODE_EXTRA_CA_CERTS: file,
			// n8n 1.123 calls Mistral by Node's fetch, which heeds a proxy from Node 24 (22.21) on, and only if told to.
			NODE_USE_ENV_PROXY: '1',
		},
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			front.closeAllConnections();
			await Promise.all([front, proxy].map((server) => new Promise((done) => server.close(done))));
			fs.rmSync(folder, { recursive: true, force: true });
		},
	};
}
