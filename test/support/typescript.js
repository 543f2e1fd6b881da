/**
 * Lets a plain Node process load the package's TypeScript, as jest does: `node -r` this file, then
 * the script. For tests in which several processes work on the same data.
 */
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
	const { code } = transformSync(readFileSync(filename, 'utf8'), {
		filename,
		module: { type: 'commonjs' },
		jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
	});
	module._compile(code, filename);
};
