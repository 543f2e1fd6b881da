import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Gateway } from '../support/gateway';
import { startGateway } from '../support/gateway';
import { backend } from '../support/n8n';

const root = path.join(__dirname, '..', '..');
const PACKAGE = 'n8n-nodes-prompt-cache';

interface Manifest {
	n8n: { nodes: string[]; credentials: string[] };
	[field: string]: unknown;
}

let folder: string;
let installed: string;
let gateway: Gateway;

const run = (cwd: string, command: string, ...args: string[]) =>
	execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/**
 * What n8n's editor does with a community package: packs it, takes dev, peer and optional
 * dependencies out, and lets npm install the rest without scripts and without a lockfile.
 */
function installAsTheEditorDoes(): string {
	const packed = run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
	run(folder, 'tar', 'xzf', packed.trim().split('\n').pop() as string);
	const file = path.join(folder, 'package', 'package.json');
	const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
	for (const kind of ['dev', 'peer', 'optional']) delete manifest[`${kind}Dependencies`];
	fs.writeFileSync(file, JSON.stringify(manifest));
	run(folder, 'tar', 'czf', 'stripped.tgz', 'package');
	const nodes = path.join(folder, 'nodes');
	fs.mkdirSync(nodes);
	fs.writeFileSync(path.join(nodes, 'package.json'), '{"name":"installed-nodes","private":true}');
	const flags = ['--ignore-scripts', '--package-lock=false', '--install-strategy=shallow'];
	run(nodes, 'npm', 'install', ...flags, '--audit=false', '--fund=false', '../stripped.tgz');
	return path.join(nodes, 'node_modules', PACKAGE);
}

beforeAll(async () => {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-packed-'));
	installed = installAsTheEditorDoes();
	gateway = await startGateway({ packageFolder: installed });
}, 300_000);

afterAll(async () => {
	await gateway?.stop();
	fs.rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe(`the package as npm ships it, backend ${backend}`, () => {
	it('holds every node and credential it names, and no tests or sources', () => {
		const file = path.join(installed, 'package.json');
		const { n8n } = JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
		for (const named of [...n8n.nodes, ...n8n.credentials]) {
			expect(fs.existsSync(path.join(installed, named))).toBe(true);
		}
		expect(fs.readdirSync(installed).sort()).toEqual(
			expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'workflows']),
		);
		for (const left of ['nodes', 'test', 'scripts', 'bench']) {
			expect(fs.existsSync(path.join(installed, left))).toBe(false);
		}
	});

	it('needs no package that runs a script when it is installed', () => {
		const modules = path.join(installed, 'node_modules');
		const names = fs
			.readdirSync(modules)
			.filter((name) => !name.startsWith('.'))
			.flatMap((name) =>
				name.startsWith('@')
					? fs.readdirSync(path.join(modules, name)).map((inner) => `${name}/${inner}`)
					: [name],
			);
		expect(names).toContain('ioredis');
		for (const name of names) {
			const text = fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8');
			const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
			const runs = ['preinstall', 'install', 'postinstall'].filter((event) => scripts[event]);
			expect({ name, runs }).toEqual({ name, runs: [] });
		}
	});

	it('answers the same request again without a call, in a real n8n', async () => {
		const body = { prompt: 'Installed?' };
		expect(await gateway.ask(body)).toMatchObject({
			calls: 1,
			body: { cache: { status: 'miss' } },
		});
		expect(await gateway.ask(body)).toMatchObject({ calls: 0, body: { cache: { status: 'hit' } } });
		expect(gateway.n8n.log()).not.toContain('Failed to load package');
	});
});
