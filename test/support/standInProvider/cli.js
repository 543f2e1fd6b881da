/** `node test/support/standInProvider/cli.js [port]`: the stand-in as a program, until Ctrl-C. */
const { startStandIn } = require('./index.js');

startStandIn({ port: Number(process.argv[2] ?? 11435) }).then(
	({ url }) => process.stdout.write(`Stand-in provider (not a real model) on ${url}\n`),
	(error) => {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	},
);
