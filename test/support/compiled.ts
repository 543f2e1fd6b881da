import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = join(__dirname, '..', '..');

/** Compiles TypeScript files and folders of the repository into a folder, for processes that must start fast. */
export function compileInto(folder: string, sources: string[]): void {
	for (const source of sources) {
		const full = join(ROOT, source);
		const files = source.endsWith('.ts')
			? [full]
			: readdirSync(full, { recursive: true, encoding: 'utf8' })
					.filter((name) => name.endsWith('.ts'))
					.map((name) => join(full, name));
		for (const file of files) {
			const { code } = transformSync(readFileSync(file, 'utf8'), {
				filename: file,
				module: { type: 'commonjs' },
				jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
			});
			const target = join(folder, relative(ROOT, file)).replace(/\.ts$/, '.js');
			mkdirSync(dirname(target), { recursive: true });
			writeFileSync(target, code);
		}
	}
	cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
}
