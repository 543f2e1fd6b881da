import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import { ConfigError } from '../shared/core/errors';
import type { Place } from './settings';

/** Answers requests below a path. */
export type PathHandler = (
	request: IncomingMessage,
	response: ServerResponse,
	below: string,
) => Promise<void>;

interface Listening {
	server: Server;
	/** What the listeners of one port must agree on. */
	tls: string;
	handlers: Map<string, PathHandler>;
	healthPaths: Map<string, string>;
	ready: Promise<void>;
}

/** Workflows share a port: this thread's listeners by address and port. */
const listeners = new Map<string, Listening>();

/** Time that clients still waiting get when a workflow is switched off. */
const DRAIN_MS = 10_000;
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Answers at a place until the function it resolves to is called; that one resolves when the place is free.
 * @throws ConfigError where the port is in use, the path is taken, or the address is not this machine's
 */
export async function listen(place: Place, handler: PathHandler): Promise<() => Promise<void>> {
	const name = `${place.address}:${place.port}`;
	const tls = JSON.stringify(place.tls ?? null);
	const known = listeners.get(name);
	if (known && known.tls !== tls) {
		throw new ConfigError(
			`Port ${place.port} is open already with another TLS certificate`,
			'TLS Certificate',
			'Workflows that share a port need the same certificate and key.',
		);
	}
	if (known?.handlers.has(place.path)) {
		throw new ConfigError(
			`Another workflow answers at ${name}${place.path} already`,
			'Path',
			'Choose another path, or another port.',
		);
	}
	const listening = known ?? open(name, place, tls);
	listening.handlers.set(place.path, handler);
	listening.healthPaths.set(place.path, place.healthPath);
	try {
		await listening.ready;
	} catch (error) {
		listeners.delete(name);
		throw toConfigError(error as NodeJS.ErrnoException, place);
	}
	return () => leave(name, listening, place.path, handler);
}

function open(name: string, place: Place, tls: string): Listening {
	const handlers = new Map<string, PathHandler>();
	const healthPaths = new Map<string, string>();
	const options = {
		headersTimeout: HEADERS_TIMEOUT_MS,
		requestTimeout: place.receiveTimeoutMs + HEADERS_TIMEOUT_MS,
		keepAliveTimeout: 15_000,
		connectionsCheckingInterval: 2_000,
		noDelay: true,
	};
	const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
		// A connection that outlived its listener leads nowhere: the client is to open a new one.
		if (!server.listening) response.setHeader('connection', 'close');
		const url = request.url ?? '';
		const query = url.indexOf('?');
		const path = query < 0 ? url : url.slice(0, query);
		const at = longestPrefix(handlers, path);
		const handler = at === undefined ? undefined : handlers.get(at);
		if (request.method === 'GET' && [...healthPaths.values()].includes(path)) {
			response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
		} else if (!handler) {
			response.writeHead(404, { 'content-type': 'application/json' });
			response.end('{"error":{"message":"There is nothing at this path","code":"unknown_url"}}');
		} else {
			handler(request, response, path.slice(at!.length)).catch(() => response.destroy());
		}
	};
	const server: Server = place.tls
		? https.createServer({ ...options, ...place.tls }, onRequest)
		: http.createServer(options, onRequest);
	server.maxConnections = place.maxConnections;
	server.timeout = place.answerTimeoutMs + 60_000;
	const ready = new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(place.port, place.address, () => {
			server.off('error', reject).on('error', () => undefined);
			resolve();
		});
	});
	const listening = { server, tls, handlers, healthPaths, ready };
	listeners.set(name, listening);
	return listening;
}

/** `/llm` answers `/llm` and `/llm/v1`, not `/llmx`. */
function longestPrefix(handlers: Map<string, PathHandler>, path: string): string | undefined {
	let best: string | undefined;
	for (const prefix of handlers.keys()) {
		const below = path === prefix || path.startsWith(`${prefix}/`);
		if (below && (best === undefined || prefix.length > best.length)) best = prefix;
	}
	return best;
}

async function leave(
	name: string,
	listening: Listening,
	path: string,
	handler: PathHandler,
): Promise<void> {
	const { server, handlers, healthPaths } = listening;
	if (handlers.get(path) !== handler) return;
	handlers.delete(path);
	healthPaths.delete(path);
	if (handlers.size > 0) return;
	listeners.delete(name);
	server.close();
	server.closeIdleConnections();
	setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
	while (server.listening) await new Promise((resolve) => setImmediate(resolve));
}

function toConfigError(error: NodeJS.ErrnoException, { address, port }: Place): Error {
	const at = `${address}:${port}`;
	switch (error.code) {
		case 'EADDRINUSE':
			return new ConfigError(
				`Port ${port} on ${address} is in use by another program`,
				'Port',
				'Choose another port, or stop the program that holds it.',
			);
		case 'EACCES':
			return new ConfigError(
				`n8n may not open ${at}`,
				'Port',
				'Ports below 1024 need privileges: choose a higher one.',
			);
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
			return new ConfigError(
				`${address} is no address of this machine`,
				'Address',
				'Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all its networks.',
			);
		default:
			return new ConfigError(`${at} cannot be opened: ${error.message}`, 'TLS Certificate', '');
	}
}
