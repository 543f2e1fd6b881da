/** A small load generator, and what a process used of the processor meanwhile. */
import fs from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds of processor time that a process and its threads have used (Linux). */
export function cpuSeconds(pid) {
	const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

function request(agent, url, headers, body) {
	return new Promise((resolve, reject) => {
		const sent = http.request(url, { method: 'POST', agent, headers }, (answer) => {
			let size = 0;
			answer.on('data', (part) => (size += part.length));
			answer.on('end', () => resolve({ status: answer.statusCode, size, headers: answer.headers }));
		});
		sent.on('error', reject);
		sent.end(body);
	});
}

/** Seconds of processor time that a process uses in a second without requests. */
export async function idleRate(pid, ms = 4_000) {
	const before = cpuSeconds(pid);
	await sleep(ms);
	return (cpuSeconds(pid) - before) / (ms / 1000);
}

/**
 * Sends `body` over and over for `ms` with `concurrency` requests at a time, after a warm-up. Gives
 * requests per second, milliseconds of the server's processor per request beyond what it uses when idle
 * (`idle`, seconds per second), and the median latency.
 */
export async function measure({ url, headers, body, pid, idle = 0, concurrency, ms, warmUp = 20 }) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
	const all = {
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
		...headers,
	};
	for (let sent = 0; sent < warmUp; sent++) {
		const { status } = await request(agent, url, all, body);
		if (status !== 200) throw new Error(`${url} answered ${status}`);
	}
	const latencies = [];
	const [cpuBefore, startedAt] = [cpuSeconds(pid), performance.now()];
	const worker = async () => {
		while (performance.now() - startedAt < ms) {
			const sentAt = performance.now();
			const { status } = await request(agent, url, all, body);
			if (status !== 200) throw new Error(`${url} answered ${status}`);
			latencies.push(performance.now() - sentAt);
		}
	};
	await Promise.all(Array.from({ length: concurrency }, worker));
	const seconds = (performance.now() - startedAt) / 1000;
	agent.destroy();
	latencies.sort((a, b) => a - b);
	return {
		perSecond: latencies.length / seconds,
		cpuMs: ((cpuSeconds(pid) - cpuBefore - idle * seconds) * 1000) / latencies.length,
		medianMs: latencies[Math.floor(latencies.length / 2)],
	};
}

/** One request, for filling a cache and for looking at headers. */
export async function once(url, headers, body) {
	const agent = new http.Agent({ keepAlive: false });
	const all = {
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
		...headers,
	};
	return request(agent, url, all, body);
}
