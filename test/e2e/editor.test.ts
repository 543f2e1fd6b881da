import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium, selectors } from 'playwright-core';
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
	selectors.setTestIdAttribute('data-test-id');
	browser = await chromium.launch({
		executablePath: program,
		headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
	});
	const { cookie } = await gateway.n8n.logIn();
	const context = await browser.newContext({
		viewport: { width: 1920, height: 800 },
		deviceScaleFactor: 1.5,
	});
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
	await page.getByText('Answer: provider failed').first().waitFor({ timeout: 60_000 });
	const closeChecklist = page.getByTestId('suggested-actions-close');
	await closeChecklist.waitFor({ timeout: 5_000 }).catch(() => undefined);
	if (await closeChecklist.isVisible()) await closeChecklist.click();
}

describe('the editor', () => {
	inBrowser(
		'shows the imported template without a warning',
		async () => {
			await openTemplate();
			const nodes = page.getByTestId('canvas-node');
			const names = await nodes.evaluateAll((all) =>
				all.map((node) => node.getAttribute('data-node-name')),
			);
			expect(names).toEqual(expect.arrayContaining(['Look up in cache', 'Store in cache']));
			for (const icon of await nodes.locator('img').all()) {
				expect(await icon.evaluate(drawnWidth)).toBeGreaterThan(0);
			}
			expect(await page.getByTestId('node-issues').count()).toBe(0);
			expect(await page.getByTestId('node-not-installed').count()).toBe(0);
			expect(await page.locator('.el-notification, [role="alert"]').allInnerTexts()).toEqual([]);
			await keepPicture('01-prompt-cache-gateway.png');
		},
		120_000,
	);

	inBrowser.each(['Cache Lookup', 'Cache Store'])(
		'offers %s in the node creator under its name and with its icon',
		async (name) => {
			await openTemplate();
			await page.getByTestId('node-creator-plus-button').first().click();
			await page.getByTestId('node-creator-search-bar').fill(name);
			const item = page.getByTestId('item-iterator-item').filter({
				has: page.getByTestId('node-creator-item-name').getByText(name, { exact: true }),
			});
			await item.first().waitFor({ timeout: 20_000 });
			expect(await item.first().locator('img').first().evaluate(drawnWidth)).toBeGreaterThan(0);
		},
		120_000,
	);
});

/** Runs in the page: the width of a picture that was loaded, 0 for one that was not. */
const drawnWidth = (image: unknown) => (image as { naturalWidth: number }).naturalWidth;

/**
 * The canvas for the README, without the editor's own panels; taken where there is none yet or
 * UPDATE_PICTURES is set.
 */
async function keepPicture(file: string): Promise<void> {
	if (fs.existsSync(path.join(IMAGES, file)) && !process.env.UPDATE_PICTURES) return;
	await page.addStyleTag({
		content: '[data-test-id="canvas-controls"], [data-test-id="logs-panel"] { visibility: hidden }',
	});
	await page.getByTestId('zoom-to-fit').dispatchEvent('click');
	await page.waitForTimeout(1000);
	const boxes = await Promise.all(
		(await page.getByTestId('sticky').all()).map((sticky) => sticky.boundingBox()),
	);
	const edges = boxes.flatMap((box) => (box ? [box] : []));
	const left = Math.min(...edges.map(({ x }) => x));
	const top = Math.min(...edges.map(({ y }) => y));
	const right = Math.max(...edges.map(({ x, width }) => x + width));
	const bottom = Math.max(...edges.map(({ y, height }) => y + height));
	const margin = 12;
	fs.mkdirSync(IMAGES, { recursive: true });
	await page.screenshot({
		path: path.join(IMAGES, file),
		clip: {
			x: left - margin,
			y: top - margin,
			width: right - left + 2 * margin,
			height: bottom - top + 2 * margin,
		},
	});
}
