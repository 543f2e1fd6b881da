/**
 * Lets a test end the thread that answers at ports from inside: `-r` this file, then post `throw` or `fill` to the thread,
 * or, where it is n8n's, make the file that PROMPT_CACHE_TEST_CRASH names.
 */
const fs = require('node:fs');
const { parentPort } = require('node:worker_threads');

const file = process.env.PROMPT_CACHE_TEST_CRASH;
const isOurs = () => /threadEntry\.js$/.test(process.argv[1] ?? '');

function end(how) {
	if (how === 'throw') throw new Error('thrown in the thread');
	if (how !== 'fill') return;
	const all = [];
	for (;;) all.push([all.length]);
}

if (parentPort && !file) parentPort.on('message', end);
if (parentPort && file) {
	setInterval(() => {
		if (!isOurs() || !fs.existsSync(file)) return;
		fs.rmSync(file);
		end('throw');
	}, 50).unref();
}
