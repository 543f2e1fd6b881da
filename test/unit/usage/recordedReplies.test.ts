import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { UsageRecord } from '../../../nodes/shared/core/usage/record';
import { bundledPriceBook } from '../../../nodes/shared/drivers/prices/bundled';
import { priceReply } from '../../../nodes/shared/services/priceReply';

/**
 * Replies in the shapes their providers document, each with the bill worked out by hand. In the
 * arithmetic a rate of 2.50 USD per million tokens is 2500 nano-USD per token.
 */
interface RecordedReply {
	name: string;
	shape: string;
	/** Time of the call; by default 2026-11-20, noon UTC. */
	at?: string;
	arithmetic: string;
	nanoUsd: number | null;
	/** How the named source begins. */
	source: string;
	usage: UsageRecord;
	/** Number of calls in the reply. */
	calls?: number;
	response?: unknown;
	stream?: 'array' | 'sse' | 'ndjson';
	events?: unknown[];
}

const folder = join(__dirname, '..', '..', 'fixtures', 'usage');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const table = files.map((file) => ({
	file,
	replies: JSON.parse(readFileSync(join(folder, file), 'utf8')) as RecordedReply[],
}));
const book = bundledPriceBook();

function received(reply: RecordedReply): unknown {
	const events = reply.events ?? [];
	const lines = events.map((event) => JSON.stringify(event));
	if (reply.stream === 'array') return events;
	if (reply.stream === 'ndjson') return lines.join('\n');
	if (reply.stream === 'sse') {
		return [...lines, '[DONE]'].map((line) => `event: message\ndata: ${line}\n\n`).join('');
	}
	return reply.response;
}

/** Evaluates sums of products such as `50×3000 + 100×6000`, optionally `( … ) × 1 / 2`. */
function workedOut(arithmetic: string): number {
	const scaled = /^\((.+)\) × (\d+) \/ (\d+)$/.exec(arithmetic);
	const sum = (scaled?.[1] ?? arithmetic)
		.split(' + ')
		.map((term) => term.split('×').reduce((product, factor) => product * BigInt(factor.trim()), 1n))
		.reduce((total, term) => total + term, 0n);
	const [up, down] = [BigInt(scaled?.[2] ?? 1), BigInt(scaled?.[3] ?? 1)];
	return Number((2n * sum * up + down) / (2n * down));
}

describe('recorded replies of providers and frameworks', () => {
	it('are at least sixty replies in at least fourteen shapes', () => {
		const replies = table.flatMap((entry) => entry.replies);
		expect(replies.length).toBeGreaterThanOrEqual(60);
		expect(new Set(replies.map((reply) => reply.shape)).size).toBeGreaterThanOrEqual(14);
	});

	for (const { file, replies } of table) {
		describe(file.replace('.json', ''), () => {
			it.each(replies.map((reply) => [`${reply.name}: ${reply.arithmetic}`, reply] as const))(
				'%s',
				(_, reply) => {
					const atMs = Date.parse(reply.at ?? '2026-11-20T12:00:00Z');
					const priced = priceReply(received(reply), book, { atMs });

					expect(priced.usage).toEqual(reply.usage);
					expect(priced.nanoUsd).toBe(reply.nanoUsd);
					expect(priced.source.startsWith(reply.source)).toBe(true);
					if (reply.nanoUsd !== null) expect(workedOut(reply.arithmetic)).toBe(reply.nanoUsd);
					if (reply.calls !== 0) {
						expect(priced.calls.map(({ reading }) => reading.shape)).toContain(reply.shape);
						expect(priced.calls).toHaveLength(reply.calls ?? 1);
					}
				},
			);
		});
	}
});
