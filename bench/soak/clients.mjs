/** What clients do to the endpoint all day, good and bad, each with what they must be answered. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export const KEY = 'soak-key-0123456789';
const CHAT = '/v1/chat/completions';

/** Known questions: few enough that all of them are stored soon. */
const KNOWN = 200;
const MEANINGS = [
	'How do I return an order?',
	'how do i return an order',
	'What does shipping cost to France?',
	'Could you tell me what shipping costs to France?',
	'What does shipping cost to Spain?',
];

/**
 * Sends one request. `cutAfterMs`: hangs up that long after sending; `cutAtText`: at the first word of a
 * stream; `slowMs`: sends the body in two parts, so far apart.
 */
function send(agent, { url, method = 'POST', headers = {}, body = '', ...way }) {
	return new Promise((resolve, reject) => {
		const request = http.request(url, {
			method,
			agent,
			headers: {
				'content-type': 'application/json',
				'content-length': Buffer.byteLength(body),
				authorization: `Bearer ${KEY}`,
				...headers,
			},
		});
		const cut = () => {
			request.destroy();
			resolve({ cut: true });
		};
		request.on('response', (response) => {
			let text = '';
			response.on('data', (part) => {
				text += part;
				if (way.cutAtText && text.includes('"content":"')) cut();
			});
			response.on('end', () => resolve({ status: response.statusCode, text }));
			response.on('error', reject);
		});
		request.on('error', (error) => {
			// A kept connection may be closed by the server just as it is used again: every client asks anew.
			if (error.code !== 'ECONNRESET' || !request.reusedSocket) return reject(error);
			send(agent, { url, method, headers, body, ...way }).then(resolve, reject);
		});
		if (way.cutAfterMs) setTimeout(cut, way.cutAfterMs);
		if (!way.slowMs) return void request.end(body);
		request.write(body.slice(0, 10));
		setTimeout(() => request.end(body.slice(10)), way.slowMs);
	});
}

/**
 * The kinds of requests: how many a second, and what is sent; `says` must be in the answer, which has
 * status `status` (200 where left out).
 */
export function kinds({ port, gateway, meaning }) {
	const at = `http://127.0.0.1:${port}`;
	let last = 0;
	const fresh = () => `New question ${process.pid} ${++last}`;
	const known = () => `Known question ${Math.floor(Math.random() * KNOWN)}`;
	const chat = (content, more = {}) =>
		JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more });
	const asks = (url, pick, more) => () => {
		const says = pick();
		return { url, body: chat(says, more), says };
	};
	const provider = `${at}/soak${CHAT}`;
	const agent = `${at}/agent${CHAT}`;
	const long = () => `${fresh()} ${'and on '.repeat(12)}`;
	const refused = (status, more) => () => ({ url: provider, body: chat(known()), status, ...more });
	return {
		hit: { perSecond: 12, make: asks(provider, known) },
		'streamed hit': { perSecond: 3, make: asks(provider, known, { stream: true }), isStream: true },
		miss: { perSecond: 0.6, make: asks(provider, fresh) },
		'streamed miss': {
			perSecond: 0.2,
			make: asks(agent, fresh, { stream: true }),
			isStream: true,
		},
		'cut stream': {
			perSecond: 0.2,
			make: () => ({ url: agent, body: chat(long(), { stream: true }), cutAtText: true }),
		},
		'client gone': {
			perSecond: 0.2,
			make: () => ({ url: provider, body: chat(fresh()), cutAfterMs: 20 }),
		},
		'template 02': {
			perSecond: 0.6,
			make: asks(gateway, () => (Math.random() < 0.3 ? fresh() : known())),
		},
		'by meaning': {
			perSecond: 0.3,
			make: () => {
				const prompt =
					Math.random() < 0.2 ? fresh() : MEANINGS[Math.floor(Math.random() * MEANINGS.length)];
				return {
					url: meaning,
					headers: { 'x-api-key': KEY },
					body: JSON.stringify({ prompt }),
					says: 'Stand-in answer',
				};
			},
		},
		'slow body': {
			perSecond: 0.1,
			make: () => ({ ...asks(provider, known)(), slowMs: 1500 }),
		},
		'wrong key': {
			perSecond: 0.5,
			make: refused(401, { headers: { authorization: 'Bearer no' } }),
		},
		'broken JSON': { perSecond: 0.5, make: refused(400, { body: '{"model": "m", "mess' }) },
		'unknown path': { perSecond: 0.3, make: refused(404, { url: `${at}/soak/v1/nothing` }) },
		'body too large': {
			perSecond: 0.05,
			make: refused(413, { body: chat('x'.repeat(5 * 1024 ** 2)) }),
		},
	};
}

const textOf = (stream) =>
	[...stream.matchAll(/^data: (\{.*)$/gm)]
		.map(([, json]) => JSON.parse(json).choices?.[0]?.delta?.content ?? '')
		.join('');

/** Clients at the rates of `kinds`, until they are stopped. */
export function startClients(chosen, rate) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
	const tally = { sent: 0, answered: 0, cut: 0, wrong: [], hitMs: [] };
	let isRunning = true;
	let inFlight = 0;

	async function one(name, { make, isStream }) {
		const { says, status = 200, ...how } = make();
		const sentAt = performance.now();
		tally.sent++;
		inFlight++;
		try {
			const answer = await send(agent, how);
			if (answer.cut) {
				tally.cut++;
				return;
			}
			const text = isStream ? textOf(answer.text) : answer.text;
			tally.answered++;
			if (name === 'hit') tally.hitMs.push(performance.now() - sentAt);
			if (answer.status !== status || (says && !text.includes(says))) {
				tally.wrong.push(`${name}: ${answer.status} ${answer.text.slice(0, 200)}`);
			}
		} catch (error) {
			// A server that refuses a body may close before all of it was sent.
			if (status !== 413) tally.wrong.push(`${name}: ${error.message}`);
		} finally {
			inFlight--;
		}
	}
	async function lane(name, kind) {
		while (isRunning) {
			await sleep((-Math.log(1 - Math.random()) * 1000) / (kind.perSecond * rate));
			if (isRunning) void one(name, kind);
		}
	}
	const start = () => {
		isRunning = true;
		for (const [name, kind] of Object.entries(chosen)) void lane(name, kind);
	};
	start();
	return {
		tally,
		resume: start,
		/** Sends no more and waits until all are answered. */
		pause: async () => {
			isRunning = false;
			for (let tries = 0; inFlight > 0 && tries < 300; tries++) await sleep(100);
			if (inFlight > 0) tally.wrong.push(`${inFlight} requests were not answered within 30 s`);
		},
		stop: () => agent.destroy(),
	};
}

/** Fills what the endpoint remembers up to its limit, without starting an execution. */
export async function fillMemories(port) {
	const agent = new http.Agent({ keepAlive: true });
	for (let number = 0; number < 150; number++) {
		const content = `Filler ${number} ${'x'.repeat(60_000)}`;
		const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
		const headers = { 'cache-control': 'only-if-cached' };
		await send(agent, { url: `http://127.0.0.1:${port}/soak${CHAT}`, headers, body });
	}
	agent.destroy();
}
