import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { causeOf, isVolatile } from '../../../nodes/shared/core/prefix/cause';
import { readNote } from '../../../nodes/shared/core/prefix/fingerprint';
import { outline } from '../../../nodes/shared/core/prefix/outline';
import { reorderRequest } from '../../../nodes/shared/core/prefix/reorder';
import { readCachingRules, ruleFor } from '../../../nodes/shared/core/prefix/rules';
import { prefixSaving } from '../../../nodes/shared/core/prefix/saving';
import { bundledPriceBook } from '../../../nodes/shared/drivers/prices/bundled';
import { bundledCachingRules } from '../../../nodes/shared/drivers/prices/promptCaching';
import type { CostLedger } from '../../../nodes/shared/ports/CostLedger';
import type { CachingRequest } from '../../../nodes/shared/services/promptCaching';
import { analyseCaching } from '../../../nodes/shared/services/promptCaching';

const rules = bundledCachingRules();
const book = bundledPriceBook();
const minute = 60_000;
const start = Date.parse('2026-11-20T10:00:00Z');

/** About `tokens` tokens of rules, a word each. */
const manual = (tokens: number): string =>
	Array.from({ length: tokens / 20 }, () => 'always answer the customer '.repeat(5).trim()).join(
		'\n',
	);
const countTokens = async (text: string): Promise<number> =>
	text.split(/\s+/).filter(Boolean).length;

/** Notes of one prompt, as the ledger keeps them. */
function notebook(): Pick<CostLedger, 'remember'> {
	const notes: string[] = [];
	return {
		remember: async (_prompt, note, keep) => {
			const earlier = notes.slice(0, keep);
			notes.unshift(note);
			return earlier;
		},
	};
}

/** Sends requests one after another and gives the last analysis. */
async function analyse(
	requests: JsonObject[],
	said: Partial<CachingRequest> = {},
	everyMs = minute,
): ReturnType<typeof analyseCaching> {
	const tools = { ledger: notebook() as CostLedger, book, rules, countTokens };
	let last: Awaited<ReturnType<typeof analyseCaching>> | undefined;
	for (const [index, request] of requests.entries()) {
		const asked = {
			prompt: 'Support',
			provider: 'openai',
			model: 'gpt-4o',
			nowMs: start + index * everyMs,
		};
		last = await analyseCaching({ ...asked, ...said, request }, tools);
	}
	if (last === undefined) throw new Error('no request');
	return last;
}

const chat = (system: string, user: string, more: JsonObject = {}): JsonObject => ({
	model: 'gpt-4o',
	messages: [
		{ role: 'system', content: system },
		{ role: 'user', content: user },
	],
	...more,
});

describe('the stable prefix of a prompt', () => {
	it('has nothing to be compared with at the first call', async () => {
		const { caching } = await analyse([chat(manual(2000), 'a')]);
		expect(caching).toMatchObject({ calls: 1, eligible: null, changes: [] });
		expect(caching.advice).toContain('first call');
	});

	it('ends where it should when only the last message changes, and gets a key', async () => {
		const { caching, request } = await analyse(
			['a', 'b', 'c'].map((user) => chat(manual(2000), user)),
		);
		expect(caching).toMatchObject({ calls: 3, stableTokens: 2000, brokenBy: null, eligible: true });
		expect(caching.changes).toEqual(['prompt_cache_key set']);
		expect(request.prompt_cache_key).toBe('Support');
	});

	it('is broken by a date at the top: it names the place, and moves the date before the last message', async () => {
		const { caching, request } = await analyse(
			[20, 21].map((day) => chat(`Today is 2026-11-${day}.\n${manual(2000)}`, 'Hi')),
		);
		expect(caching).toMatchObject({
			stableTokens: 0,
			reachableTokens: 2000,
			eligible: true,
			brokenBy: { path: 'messages[0]', cause: 'date', excerpt: 'Today is 2026-11-21.' },
		});
		expect(request.messages).toEqual([
			{ role: 'system', content: manual(2000) },
			{ role: 'system', content: 'Today is 2026-11-21.' },
			{ role: 'user', content: 'Hi' },
		]);
		expect(caching.advice).toContain('at messages[0] (date)');
	});

	it('is broken by tools in another order, which are then sorted by name', async () => {
		const tools = ['search', 'mail'].map((name) => ({ type: 'function', function: { name } }));
		const { caching, request } = await analyse([
			chat(manual(2000), 'a', { tools }),
			chat(manual(2000), 'a', { tools: [...tools].reverse() }),
			chat(manual(2000), 'a', { tools }),
		]);
		expect(caching.brokenBy).toMatchObject({ path: 'tools[0]', cause: 'tool order' });
		expect(caching.changes).toContain('tools sorted by name');
		expect(
			(request.tools as Array<{ function: { name: string } }>).map((tool) => tool.function.name),
		).toEqual(['mail', 'search']);
		expect(caching.reachableTokens).toBeGreaterThan(2000);
	});

	it('is broken by another set of tools', async () => {
		const tool = (name: string): JsonObject => ({ tools: [{ name }] });
		const { caching } = await analyse([chat('x', 'a', tool('a')), chat('x', 'a', tool('b'))]);
		expect(caching.brokenBy).toMatchObject({ cause: 'tools changed' });
	});

	it('falls short by the tokens it says', async () => {
		const { caching, request } = await analyse([chat(manual(600), 'a'), chat(manual(600), 'b')]);
		expect(caching).toMatchObject({
			eligible: false,
			shortfallTokens: 1024 - 512,
			savedUsdPerMonth: 0,
		});
		expect(request.prompt_cache_key).toBeUndefined();
	});

	it('Anthropic: the stable block is marked, what changes comes after it', async () => {
		const ask = (day: number): JsonObject => ({
			model: 'claude-sonnet-4-5',
			system: `Date: 2026-11-${day}\n${manual(2000)}`,
			messages: [{ role: 'user', content: 'Hi' }],
		});
		const said = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
		const { request } = await analyse([ask(20), ask(21)], said);
		expect(request.system).toEqual([
			{ type: 'text', text: manual(2000), cache_control: { type: 'ephemeral' } },
			{ type: 'text', text: 'Date: 2026-11-21' },
		]);
	});

	it('Anthropic: no mark where the calls come once an hour, since every write would be lost', async () => {
		const ask = (user: string): JsonObject => ({
			model: 'claude-sonnet-4-5',
			system: manual(2000),
			messages: [{ role: 'user', content: user }],
		});
		const said = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
		const { caching, request } = await analyse([ask('a'), ask('b'), ask('c')], said, 60 * minute);
		expect(caching.savedUsdPerMonth).toBeLessThan(0);
		expect(request.system).toBe(manual(2000));
		expect(caching.advice).toContain('too seldom');
	});

	it('says so where nothing is known of the provider', async () => {
		const said = { provider: 'ollama', model: 'llama3.2' };
		const { caching } = await analyse([chat('x', 'a'), chat('x', 'b')], said);
		expect(caching).toMatchObject({ eligible: null });
		expect(caching.advice).toContain('no rules');
	});
});

describe('what saving is expected', () => {
	const card =
		book.quote({
			provider: 'anthropic',
			model: 'claude-sonnet-4-5',
			atMs: start,
			serviceTier: 'standard',
			modifiers: [],
		})?.card ?? {};
	const rule = ruleFor(rules, 'anthropic', 'claude-sonnet-4-5');

	it('at a call a second: 2,592,000 calls a month save 2,000 × (3,000 − 300) nano-USD each, but for rare misses', () => {
		if (rule === null) throw new Error('no rule');
		const saving = prefixSaving(2000, 1000, rule, card);
		expect(saving.expectedHitRate).toBeCloseTo(1, 12);
		expect(saving.savedNanoUsdPerMonth / 1e9).toBeCloseTo(2_592_000 * 2000 * 2700e-9, 3);
	});

	it('a write that is never read costs a quarter more than no cache', () => {
		if (rule === null) throw new Error('no rule');
		const saving = prefixSaving(2000, 30 * 86_400_000, rule, card);
		expect(saving.savedNanoUsdPerMonth).toBeCloseTo(-2000 * 750, -4);
	});

	it('smallest prefixes differ by model', () => {
		const smallest = (provider: string, model: string) =>
			ruleFor(rules, provider, model)?.minTokens;
		expect(smallest('anthropic', 'claude-opus-5-5')).toBe(512);
		expect(smallest('anthropic', 'claude-haiku-4-5-20251001')).toBe(4096);
		expect(smallest('openai', 'gpt-5-mini')).toBe(1024);
		expect(smallest('google', 'gemini-2.5-flash')).toBe(2048);
		expect(smallest('ollama', 'llama3.2')).toBeUndefined();
	});

	it('a damaged rule file is refused', () => {
		expect(readCachingRules({ rules: [{}] })).toBeNull();
		expect(readCachingRules(null)).toBeNull();
	});
});

describe('what changes from call to call', () => {
	it.each([
		['Current time: 2026-11-20T10:00', 'date'],
		['Nous sommes le 20 novembre 2026', 'date'],
		['Heute ist der 20. Nov', 'date'],
		['Nov 20, 2026', 'date'],
		['It is 14:05', 'date'],
		['Session 7f3c9a52-0d3e-4f7a-9b1c-2f6f3f1a9d10', 'id'],
		['trace_id=req_01HXYZ8K3M9Q7W2E', 'id'],
		['Customer: jane@example.com', 'email'],
		['Rule 7: be polite', 'number'],
		['Be polite', 'text'],
	])('%s: %s', (text, cause) => {
		expect(causeOf(text)).toBe(cause);
	});

	it('leaves rules with numbers where they are', () => {
		expect(isVolatile('Answer in at most 3 sentences.')).toBe(false);
		const request = chat('Answer in at most 3 sentences.\nBe kind.', 'Hi');
		const rule = ruleFor(rules, 'openai', 'gpt-4o');
		if (rule === null) throw new Error('no rule');
		expect(reorderRequest(request, rule, { mark: false, key: '' })).toEqual({
			request,
			changes: [],
		});
	});

	it('keeps every line of the system prompt, none reworded', () => {
		const system = 'a\n2026-11-20\nb\n7f3c9a52-0d3e-4f7a-9b1c-2f6f3f1a9d10\nc';
		const rule = ruleFor(rules, 'openai', 'gpt-4o');
		if (rule === null) throw new Error('no rule');
		const { request } = reorderRequest(chat(system, 'Hi'), rule, { mark: false, key: '' });
		const words = (of: JsonObject): string[] =>
			outline(of)
				.map(({ text }) => text)
				.sort();
		expect(words(request)).toEqual(words(chat(system, 'Hi')));
	});

	it('remembers no text', async () => {
		let kept = '';
		const ledger = { remember: async (_p: string, note: string) => ((kept = note), []) };
		const asked = {
			request: chat('secret rule', 'secret question'),
			prompt: 'p',
			provider: null,
			model: 'gpt-4o',
			nowMs: 1,
		};
		await analyseCaching(asked, {
			ledger: ledger as unknown as CostLedger,
			book,
			rules,
			countTokens,
		});
		expect(kept).not.toContain('secret');
		expect(readNote(kept)?.now).toHaveLength(2);
		expect(readNote('{}')).toBeNull();
		expect(readNote('x')).toBeNull();
	});
});
