/** The editor's canvas in a headless Chromium. */
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium, selectors } from 'playwright-core';
import type { TestN8n } from './n8n';

/** Where the pictures of the templates are kept. */
export const IMAGES = path.join(__dirname, '..', '..', 'workflows', 'images');

/** A browser with a page of the owner of `n8n`, wide enough for a whole template. */
export async function openBrowser(
	program: string,
	n8n: TestN8n,
): Promise<{ browser: Browser; page: Page }> {
	selectors.setTestIdAttribute('data-test-id');
	const browser = await chromium.launch({
		executablePath: program,
		headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
	});
	const { cookie } = await n8n.logIn();
	const context = await browser.newContext({
		viewport: { width: 1920, height: 800 },
		deviceScaleFactor: 1.2,
	});
	await context.addCookies(
		cookie.split('; ').map((pair) => {
			const at = pair.indexOf('=');
			return { name: pair.slice(0, at), value: pair.slice(at + 1), url: n8n.url };
		}),
	);
	return { browser, page: await context.newPage() };
}

/** Opens a workflow and waits until the node `lastNode` is drawn. */
export async function openWorkflow(page: Page, address: string, lastNode: string): Promise<void> {
	await page.goto(address);
	await page.getByText(lastNode).first().waitFor({ timeout: 60_000 });
	const closeChecklist = page.getByTestId('suggested-actions-close');
	await closeChecklist.waitFor({ timeout: 5_000 }).catch(() => undefined);
	if (await closeChecklist.isVisible()) await closeChecklist.click();
}

/** Runs in the page: the width of a picture that was loaded, 0 for one that was not. */
export const drawnWidth = (image: unknown): number =>
	(image as { naturalWidth: number }).naturalWidth;

/** What the canvas warns of: nodes with issues or unknown types, notifications; nothing is good. */
export async function warningsOn(page: Page): Promise<string[]> {
	const marks = await Promise.all(
		['node-issues', 'canvas-node-status-not-installed'].map(
			async (id) => [id, await page.getByTestId(id).count()] as const,
		),
	);
	const notes = await page.locator('.el-notification, [role="alert"]').allInnerTexts();
	return [...marks.filter(([, count]) => count > 0).map(([id]) => id), ...notes];
}

/**
 * Keeps the canvas as a PNG under workflows/images, without the editor's own panels. A picture that is
 * there stays, unless PROMPT_CACHE_PICTURES asks for new ones: a test run changes no file.
 */
export async function keepPicture(page: Page, file: string): Promise<void> {
	if (fs.existsSync(path.join(IMAGES, file)) && !process.env.PROMPT_CACHE_PICTURES) return;
	await page.addStyleTag({
		content: ['canvas-controls', 'logs-panel', 'execute-workflow-button']
			.map((id) => `[data-test-id="${id}"] { visibility: hidden }`)
			.join(' '),
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
