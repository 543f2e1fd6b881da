/**
 * A stand-in for paid model providers, for tests and for a first try without a key. It is NOT a
 * model: it answers every request with text derived from the request itself. What is real is the
 * HTTP server and the shapes: OpenAI (chat completions, responses, embeddings, models), Anthropic
 * messages, Gemini generateContent and Ollama, whole or streamed, with usage, tools and JSON mode.
 *
 *   GET  /            says that this is a stand-in
 *   GET  /__calls     { total, byRoute, requests } of model calls;  DELETE resets
 *   POST /__fail      { status, times, delayMs, hang, breakAfter, route } for the next calls;  DELETE resets
 */
const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');
const anthropic = require('./anthropic.js');
const { prefixMemory } = require('./answers.js');
const gemini = require('./gemini.js');
const ollama = require('./ollama.js');
const openAi = require('./openAi.js');

const ROUTES = { ...openAi.routes, ...anthropic.routes, ...ollama.routes };
const FREE = new Set(['GET /v1/models', 'GET /api/tags', 'GET /api/version']);
const RECORDED = 5000;
const ABOUT = {
	name: 'stand-in provider',
	isRealModel: false,
	notice: 'This server stands in for model providers. Its answers are made up from the request.',
	routes: [...Object.keys(ROUTES), 'POST /v1beta/models/{model}:generateContent'],
};

function find(method, path) {
	const direct = ROUTES[`${method} ${path}`];
	if (direct) return { answer: direct, params: [] };
	for (const [pattern, answer] of gemini.patterns) {
		const found = pattern.exec(`${method} ${path}`);
		if (found) return { answer, params: found.slice(1).map(decodeURIComponent) };
	}
	return null;
}

async function readBody(request) {
	const parts = [];
	for await (const part of request) parts.push(part);
	const text = Buffer.concat(parts).toString();
	return text === '' ? {} : JSON.parse(text);
}

function sendJson(response, status, json) {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(json));
}

async function sendStream(response, type, parts, gapMs, isGone, breakAfter = Infinity) {
	response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' });
	for (const [at, part] of parts.entries()) {
		if (isGone()) return;
		if (at >= breakAfter) {
			await sleep(20);
			return void response.destroy();
		}
		response.write(part);
		if (gapMs > 0) await sleep(gapMs);
	}
	response.end();
}

function emptyTally() {
	return { total: 0, byRoute: {}, requests: [] };
}

/**
 * Starts a stand-in on loopback. `port` 0 takes a free one; `latencyMs` is waited before every model
 * answer, `chunkGapMs` between the pieces of a stream. See index.d.ts for what it resolves to.
 */
async function startStandIn({ port = 0, latencyMs = 0, chunkGapMs = 0 } = {}) {
	const prefixes = prefixMemory();
	let tally = emptyTally();
	let failures = [];

	const failureFor = (route) => {
		const failure = failures.find((f) => !f.route || route.includes(f.route));
		if (failure && --failure.times <= 0) failures = failures.filter((f) => f !== failure);
		return failure;
	};

	async function control(request, route, response) {
		if (route === 'GET /__calls') return sendJson(response, 200, tally);
		if (route === 'DELETE /__calls') tally = emptyTally();
		else if (route === 'DELETE /__fail') failures = [];
		else if (route === 'POST /__fail') failures.push({ times: 1, ...(await readBody(request)) });
		else return sendJson(response, 404, { error: { message: `No ${route} here.` } });
		return sendJson(response, 200, { ok: true });
	}

	async function answerCall(request, route, found, query, response) {
		const body = request.method === 'GET' ? {} : await readBody(request);
		let gone = false;
		const record = { route, body, aborted: false };
		if (!FREE.has(route)) {
			tally.total++;
			tally.byRoute[route] = (tally.byRoute[route] ?? 0) + 1;
			tally.requests.push(record);
			if (tally.requests.length > RECORDED) tally.requests.shift();
		}
		response.once('close', () => {
			gone = !response.writableFinished;
			record.aborted = gone;
		});
		const failure = FREE.has(route) ? undefined : failureFor(route);
		if (failure?.hang) return undefined;
		await sleep((FREE.has(route) ? 0 : latencyMs) + (failure?.delayMs ?? 0));
		if (failure?.status) {
			const message = failure.message ?? `The stand-in was asked to fail with ${failure.status}.`;
			return sendJson(response, failure.status, { error: { message, type: 'stand_in_failure' } });
		}
		const reply = found.answer(body, { params: found.params, query, prefixes });
		const isGone = () => gone;
		if (reply.sse) {
			const { breakAfter } = failure ?? {};
			return sendStream(response, 'text/event-stream', reply.sse, chunkGapMs, isGone, breakAfter);
		}
		if (reply.ndjson) {
			const lines = reply.ndjson.map((line) => `${JSON.stringify(line)}\n`);
			return sendStream(response, 'application/x-ndjson', lines, chunkGapMs, isGone);
		}
		return sendJson(response, reply.status ?? 200, reply.json);
	}

	async function handle(request, response) {
		const { pathname, searchParams } = new URL(request.url, 'http://stand-in');
		const route = `${request.method} ${pathname}`;
		if (route === 'GET /') return sendJson(response, 200, ABOUT);
		if (pathname.startsWith('/__')) return control(request, route, response);
		const found = find(request.method, pathname);
		if (!found) return sendJson(response, 404, { error: { message: `No ${route} here.` } });
		return answerCall(request, route, found, searchParams, response);
	}

	const server = http.createServer((request, response) => {
		handle(request, response).catch((error) => {
			if (response.headersSent) response.destroy();
			else sendJson(response, 400, { error: { message: error.message, type: 'bad_request' } });
		});
	});
	await new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const taken = server.address().port;
	return {
		port: taken,
		url: `http://127.0.0.1:${taken}`,
		calls: () => tally,
		resetCalls: () => {
			tally = emptyTally();
		},
		fail: (failure = {}) => {
			failures.push({
				times: 1,
				status: failure.hang || failure.delayMs || failure.breakAfter ? 0 : 500,
				...failure,
			});
		},
		heal: () => {
			failures = [];
		},
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

module.exports = { startStandIn };
