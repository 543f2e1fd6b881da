import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { drawnWidth, keepPicture, openBrowser, openWorkflow, warningsOn } from '../support/canvas';
import type { Gateway } from '../support/gateway';
import { startGateway } from '../support/gateway';

const program = process.env.PROMPT_CACHE_CHROMIUM;
const inBrowser = program ? it : it.skip;
if (!program) console.warn('The editor is not tested: PROMPT_CACHE_CHROMIUM names no browser');

let gateway: Gateway;
let browser: Browser;
let page: Page;

beforeAll(async () => {
	if (!program) return;
	gateway = await startGateway();
	({ browser, page } = await openBrowser(program, gateway.n8n));
}, 180_000);

afterAll(async () => {
	await browser?.close();
	await gateway?.stop();
}, 60_000);

/** Opens template 01 and waits until all of its nodes are drawn. */
const openTemplate = () =>
	openWorkflow(
		page,
		`${gateway.n8n.url}/workflow/${stableId('e2e gateway')}`,
		'Answer: provider failed',
	);

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
			expect(await warningsOn(page)).toEqual([]);
			await keepPicture(page, '01-prompt-cache-gateway.png');
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
