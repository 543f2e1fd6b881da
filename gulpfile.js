const { spawnSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const { dest, parallel, series, src } = require('gulp');

const run = (command, ...args) => {
	const { status } = spawnSync(command, args, { stdio: 'inherit' });
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
};

const copy = (globs) =>
	function copyFiles() {
		return src(globs, { base: '.', encoding: false, allowEmpty: true }).pipe(dest('dist'));
	};

async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

async function compile() {
	run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
}

const iconsAndCodex = copy(['{nodes,credentials}/**/*.svg', 'nodes/*/*.node.json']);
const data = copy(['nodes/shared/data/**/*']);

async function templates() {
	run(process.execPath, 'scripts/check-templates.mjs');
}

exports.clean = clean;
exports.build = series(clean, parallel(compile, iconsAndCodex, data), templates);
exports.default = exports.build;
