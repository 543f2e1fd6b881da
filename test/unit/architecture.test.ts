import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');

interface Import {
	from: string;
	/** The folder path below the repository, or the package. */
	to: string;
	typeOnly: boolean;
	/** Loaded when it is needed, and not with the file. */
	lazy: boolean;
}

function sources(folder: string): string[] {
	return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
		.map((name) => join(folder, name));
}

const FILES = [...sources('nodes'), ...sources('credentials')];
const STATEMENT = /(?:^|\n)\s*(import|export)(\s+type)?\s+([^;'"]*?)\s*from\s+'([^']+)'/g;

function importsOf(file: string): Import[] {
	const text = readFileSync(join(ROOT, file), 'utf8');
	const found = [...text.matchAll(STATEMENT)].map(([, , type, names = '', target = '']): Import => {
		const listed = names
			.replace(/[{}]/g, '')
			.split(',')
			.filter((name) => name.trim() !== '');
		const allTypes = names.includes('{') && listed.every((name) => name.trim().startsWith('type '));
		const to = target.startsWith('.')
			? relative(ROOT, resolve(ROOT, dirname(file), target))
			: target;
		return { from: file, to, typeOnly: type !== undefined || allTypes, lazy: false };
	});
	const loaded = [...text.matchAll(/(?:require|import)\('([^'.][^']*)'\)/g)];
	return [
		...found,
		...loaded.map(([, to = '']) => ({ from: file, to, typeOnly: false, lazy: true })),
	];
}

const IMPORTS = FILES.flatMap(importsOf);

/** The room of a file: core, ports, services, drivers, n8n, another folder of shared, or shell. */
function room(path: string): string {
	const [top, second, third = ''] = path.split('/');
	if (top === 'credentials') return 'shell';
	if (top !== 'nodes') return 'outside';
	return second === 'shared' ? third : 'shell';
}

const shown = ({ from, to }: Import) => `${from} -> ${to}`;

describe('imports go one way', () => {
	/** Which rooms a room may use, itself beside. */
	const MAY_USE: Record<string, string[]> = {
		core: [],
		ports: ['core'],
		services: ['core', 'ports'],
		drivers: ['core', 'ports'],
		langchain: ['core', 'ports', 'services', 'n8n'],
		n8n: ['core', 'ports', 'services', 'drivers'],
		shell: ['core', 'ports', 'services', 'drivers', 'n8n', 'langchain'],
	};

	it('knows every room', () => {
		const rooms = new Set(FILES.map(room));
		expect([...rooms].filter((one) => !(one in MAY_USE))).toEqual([]);
	});

	it.each(Object.entries(MAY_USE))('from %s', (name, allowed) => {
		const strays = IMPORTS.filter(({ from, to }) => {
			const target = room(to);
			const inside = target === name || target === 'outside' || allowed.includes(target);
			return room(from) === name && !inside;
		});
		expect(strays.map(shown)).toEqual([]);
	});

	it('and a shell uses its own folder and shared, never another shell', () => {
		const strays = IMPORTS.filter(({ from, to }) => {
			if (room(from) !== 'shell' || room(to) !== 'shell' || to.startsWith('credentials'))
				return false;
			return from.split('/')[1] !== to.split('/')[1];
		});
		expect(strays.map(shown)).toEqual([]);
	});
});

describe('packages', () => {
	const users = (pattern: RegExp, ofValues = true) =>
		IMPORTS.filter(({ to, typeOnly }) => pattern.test(to) && !(ofValues && typeOnly));

	it('of Node are not used by core, but for the hash of keys and the packing of entries', () => {
		const strays = users(/^node:/).filter(
			({ from, to }) => room(from) === 'core' && !/^node:(crypto|zlib)$/.test(to),
		);
		expect(strays.map(shown)).toEqual([]);
	});

	it('n8n-workflow gives values only to the glue and the shells', () => {
		const strays = users(/^n8n-/).filter(
			({ from }) => !['n8n', 'shell', 'langchain'].includes(room(from)),
		);
		expect(strays.map(shown)).toEqual([]);
	});

	it('ioredis is used by its driver alone', () => {
		const strays = users(/^ioredis/, false).filter(
			({ from }) => !from.startsWith('nodes/shared/drivers/redis/'),
		);
		expect(strays.map(shown)).toEqual([]);
	});

	it('axios is used by drivers alone', () => {
		const strays = users(/^axios/).filter(({ from }) => room(from) !== 'drivers');
		expect(strays.map(shown)).toEqual([]);
	});

	it("OpenTelemetry's are used by one file, which is loaded when tracing is on", () => {
		const only = 'nodes/shared/drivers/telemetry/openTelemetry.ts';
		const strays = users(/^@opentelemetry\//, false).filter(({ from }) => from !== only);
		expect(strays.map(shown)).toEqual([]);
		const early = IMPORTS.filter(({ to, typeOnly }) => !typeOnly && `${to}.ts` === only);
		expect(early.map(shown)).toEqual([]);
	});

	it('LangChain is never imported: its classes come from the host', () => {
		expect(users(/^@?langchain|^@n8n\//).map(shown)).toEqual([]);
	});

	it("n8n-workflow is not loaded by the ports' thread, which has its own heap and would have its own copy of it", () => {
		const inside = new Set(['nodes/LlmEndpointTrigger/threadEntry.ts']);
		// A set gives what is added while it is walked.
		for (const file of inside) {
			for (const { from, to, typeOnly } of IMPORTS) {
				if (from === file && !typeOnly && FILES.includes(`${to}.ts`)) inside.add(`${to}.ts`);
			}
		}
		const strays = users(/^n8n-/).filter(({ from, lazy }) => inside.has(from) && !lazy);
		expect(inside).toContain('nodes/LlmEndpointTrigger/serve.ts');
		expect(strays.map(shown)).toEqual([]);
	});

	it('are those of package.json', () => {
		const { dependencies, peerDependencies } = JSON.parse(
			readFileSync(join(ROOT, 'package.json'), 'utf8'),
		) as Record<string, Record<string, string>>;
		const known = Object.keys({ ...dependencies, ...peerDependencies });
		const packages = IMPORTS.filter(
			({ to, typeOnly }) => !typeOnly && room(to) === 'outside' && !to.startsWith('node:'),
		);
		const strays = packages.filter(
			({ to }) => !known.some((name) => to === name || to.startsWith(`${name}/`)),
		);
		expect(strays.map(shown)).toEqual([]);
	});
});

describe('files', () => {
	const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

	it('have at most 300 lines', () => {
		expect(FILES.filter((file) => text(file).split('\n').length > 301)).toEqual([]);
	});

	it('do without `any`', () => {
		const using = FILES.filter((file) =>
			/[:<,|&(]\s*any\b(?!['\w])|\bas any\b|\bany\[\]/.test(code(text(file))),
		);
		expect(using).toEqual([]);
	});

	it('of core and services read neither the clock nor chance', () => {
		const reading = FILES.filter(
			(file) =>
				['core', 'services'].includes(room(file)) &&
				/\bDate\.now\(\)|\bMath\.random\(\)|\bnew Date\(\)/.test(code(text(file))),
		);
		expect(reading).toEqual([]);
	});

	/** A text without its comments and strings. */
	function code(source: string): string {
		return source
			.replace(/\/\*[\s\S]*?\*\//g, '')
			.replace(/\/\/.*$/gm, '')
			.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
	}
});
