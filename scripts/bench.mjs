/** `npm run bench [-- NAME args...]`: runs bench/NAME.mjs, or every bench/*.mjs one after another. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { repoRoot } from './lib/paths.mjs';
import { say } from './lib/say.mjs';

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

for (const name of chosen ? [chosen] : all) {
	say(`# ${name}`);
	const { status } = spawnSync(process.execPath, [path.join(folder, `${name}.mjs`), ...args], {
		stdio: 'inherit',
		cwd: repoRoot,
	});
	if (status !== 0) process.exitCode = 1;
}
