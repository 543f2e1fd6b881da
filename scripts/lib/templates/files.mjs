import fs from 'node:fs';
import path from 'node:path';
import { repoRoot } from '../paths.mjs';

/** The shipped templates, in the order of their names, as `{ file, text, workflow }`. */
export function readTemplates(folder = path.join(repoRoot, 'workflows')) {
	if (!fs.existsSync(folder)) return [];
	return fs
		.readdirSync(folder)
		.filter((file) => file.endsWith('.json'))
		.sort()
		.map((file) => {
			const text = fs.readFileSync(path.join(folder, file), 'utf8');
			return { file, text, workflow: JSON.parse(text) };
		});
}
