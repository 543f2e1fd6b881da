import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { rowsOf } from '../../nodes/shared/core/ledger/rows';
import { reportPage } from '../../nodes/shared/core/report/page';
import { buildReport } from '../../nodes/shared/core/report/report';
import { sampleCalls } from '../fixtures/report/sampleCalls';
import { overflowing, weakContrasts } from '../support/pageChecks';

const program = process.env.PROMPT_CACHE_CHROMIUM;
const inBrowser = program ? describe : describe.skip;
if (!program) console.warn('The dashboard is not tested: PROMPT_CACHE_CHROMIUM names no browser');
const dayMs = 86_400_000;
const endMs = Date.parse('2026-11-21T00:00:00Z');
const request = { fromMs: endMs - 30 * dayMs, toMs: endMs, stepMs: dayMs };

const html = reportPage(buildReport(rowsOf('day', sampleCalls(endMs, 30)), request), {
	title: 'LLM cost <script>alert(1)</script>',
	currency: { currency: 'EUR', perUsd: 0.92, date: '2026-11-20' },
	nowMs: endMs - 3_600_000,
	evictions: 12,
	advice: ['“Support answer” sends 2,050 tokens before a date.'],
});

inBrowser('the dashboard in Chromium', () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await chromium.launch({
			executablePath: program,
			args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
		});
	}, 60_000);
	afterAll(() => browser?.close());

	const sights = [1280, 760, 390].flatMap((width) =>
		(['light', 'dark'] as const).map((scheme) => [width, scheme] as const),
	);

	it.each(sights)(
		'at %i pixels, %s: nothing overflows, nothing is asked for, contrast is AA',
		async (width, colorScheme) => {
			const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
			const [errors, requests]: [string[], string[]] = [[], []];
			page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
			page.on('pageerror', (error) => errors.push(String(error)));
			page.on('request', (asked) => requests.push(asked.url()));
			await page.setContent(html);

			expect(await page.evaluate(overflowing)).toEqual([]);
			expect(await page.evaluate(weakContrasts)).toEqual([]);
			expect(errors).toEqual([]);
			expect(requests).toEqual([]);
			await page.close();
		},
		60_000,
	);

	it('on paper nothing overflows and the table can be opened', async () => {
		const page = await browser.newPage({ viewport: { width: 700, height: 1_000 } });
		await page.setContent(html);
		await page.click('summary');
		expect(await page.locator('tbody tr').count()).toBe(30);
		await page.emulateMedia({ media: 'print' });
		expect(await page.evaluate(overflowing)).toEqual([]);
		expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
		await page.close();
	}, 60_000);
});
