import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import type { Gateway } from '../support/gateway';
import { startGateway } from '../support/gateway';

const program = process.env.PROMPT_CACHE_CHROMIUM;
const inBrowser = program ? it : it.skip;
const IMAGES = path.join(__dirname, '..', '..', 'workflows', 'images');

let gateway: Gateway;
let browser: Browser;
let page: Page;

beforeAll(async () => {
	if (!program) return;
	gateway = await startGateway();
	browser = await chromium.launch({
		executablePath: program,
		headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
	});
	const { cookie } = await gateway.n8n.logIn();
	const context = await browser.newContext({ viewport: { width: 1720, height: 900 } });
	await context.addCookies(
		cookie.split('; ').map((pair) => {
			const at = pair.indexOf('=');
			return { name: pair.slice(0, at), value: pair.slice(at + 1), url: gateway.n8n.url };
		}),
	);
	page = await context.newPage();
}, 180_000);

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
}, 60_000);

/** Opens template 01 and waits until all of its nodes are drawn. */
async function openTemplate(): Promise<void> {
	await page.goto(`${gateway.n8n.url}/workflow/${stableId('e2e gateway')}`);
	await page.getByTestId('canvas-node').first().waitFor({ timeout: 60_000 });
	await page.waitForLoadState('networkidle');
}

describe('the editor', () => {
	inBrowser(
		'shows the imported template without a warning',
		async () => {
			await openTemplate();
			const names = await page
				.locator('[data-test-id="canvas-node"]')
				.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node-name')));
			expect(names).toEqual(expect.arrayContaining(['Look up in cache', 'Store in cache']));
			expect(await page.getByTestId('node-issues').count()).toBe(0);
			expect(await page.getByText(/install this node|unrecognized node/i).count()).toBe(0);
			await page.keyboard.press('1');
			await page.waitForTimeout(1000);
			fs.mkdirSync(IMAGES, { recursive: true });
			await page.screenshot({ path: path.join(IMAGES, '01-prompt-cache-gateway.png') });
		},
		120_000,
	);

	inBrowser.each(['Cache Lookup', 'Cache Store'])(
		'offers %s in the node creator under its name and with its icon',
		async (name) => {
			await openTemplate();
			await page.keyboard.press('Tab');
			await page.getByTestId('node-creator-search-bar').fill(name);
			const item = page.getByTestId('node-creator-item-name').filter({ hasText: name }).first();
			await item.waitFor({ timeout: 20_000 });
			const icon = page
				.locator('[data-test-id="item-iterator-item"]')
				.filter({ hasText: name })
				.locator('img')
				.first();
			const drawn = await icon.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
			expect(drawn).toBeGreaterThan(0);
		},
		120_000,
	);
});
