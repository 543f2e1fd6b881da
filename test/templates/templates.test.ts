import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.join(__dirname, '..', '..');
const shipped = path.join(root, 'workflows');
let folder: string;

beforeAll(() => {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-templates-'));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Node {
	name: string;
	type: string;
	parameters: Record<string, unknown> & { options?: Record<string, unknown> };
	credentials?: unknown;
}

type Template = { name: string; active: boolean; nodes: Node[]; pinData?: unknown };

/** What the check says of the shipped templates in `from`. */
function check(from: string) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[path.join(root, 'scripts', 'check-templates.mjs'), from],
		{ encoding: 'utf8' },
	);
	return { status, output: stdout + stderr };
}

/** The check's words on template 01 after a change. */
function checkChanged(change: (template: Template) => void) {
	const file = '01-prompt-cache-gateway.json';
	const template = JSON.parse(fs.readFileSync(path.join(shipped, file), 'utf8')) as Template;
	change(template);
	fs.writeFileSync(path.join(folder, file), JSON.stringify(template));
	return check(folder);
}

const lookupOf = ({ nodes }: Template) => nodes.find(({ type }) => type.endsWith('.cacheLookup'))!;

describe('the template check', () => {
	it('finds nothing wrong with the shipped templates', () => {
		expect(check(shipped)).toMatchObject({ status: 0 });
	});

	it.each<[string, string, (template: Template) => void]>([
		[
			'an expression on the hit path',
			'hit path',
			(t) => (lookupOf(t).parameters.namespace = '={{ 1 }}'),
		],
		['a parameter that no node knows', 'colour', (t) => (lookupOf(t).parameters.colour = 'red')],
		[
			'an option value that no node knows',
			'tape',
			(t) => (lookupOf(t).parameters.backend = 'tape'),
		],
		['a node type that does not exist', 'no node type', (t) => (lookupOf(t).type += 'X')],
		[
			'a credential of an instance',
			'credential',
			(t) => (t.nodes[5]!.credentials = { a: { id: '1' } }),
		],
		['a template that is switched on', 'active', (t) => (t.active = true)],
		['pinned data', 'pinData', (t) => (t.pinData = {})],
		['a secret', 'key', (t) => (t.name = `sk-${'a1B2'.repeat(6)}`)],
		['a node with its default name', 'default name', (t) => (lookupOf(t).name = 'Cache Lookup')],
		['two nodes of one name', 'two nodes', (t) => (t.nodes[1]!.name = t.nodes[0]!.name)],
		['a missing overview', 'yellow', (t) => t.nodes.splice(0, 1)],
	])('refuses %s', (_what, words, change) => {
		const { status, output } = checkChanged(change);
		expect(status).toBe(1);
		expect(output).toContain(words);
	});
});
