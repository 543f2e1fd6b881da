/**
 * `npm run bench [-- NAME args...]`: runs bench/NAME.mjs, or one after another every bench/*.mjs that does
 * not take half an hour by itself.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { repoRoot } from './lib/paths.mjs';
import { say } from './lib/say.mjs';

/** Run by name only. */
const LONG = ['soak'];
const folder = path.join(repoRoot, 'bench');
const all = fs.existsSync(folder)
	? fs
			.readdirSync(folder)
			.filter((file) => file.endsWith('.mjs'))
			.map((file) => file.slice(0, -4))
			.sort()
	: [];
const [chosen, ...args] = process.argv.slice(2);

if (chosen && !all.includes(chosen)) {
	say(`There is no benchmark "${chosen}". There are: ${all.join(', ') || 'none yet'}.`);
	process.exit(2);
}

for (const name of chosen ? [chosen] : all.filter((one) => !LONG.includes(one))) {
	say(`# ${name}`);
	const { status } = spawnSync(process.execPath, [path.join(folder, `${name}.mjs`), ...args], {
		stdio: 'inherit',
		cwd: repoRoot,
	});
	if (status !== 0) process.exitCode = 1;
}
