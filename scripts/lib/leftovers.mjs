/**
 * Ends what a child process started and, ending in a hurry, did not stop. Jest is such a child: it
 * gives tests a copy of `process` whose "exit" event never comes. The child notes what it starts and
 * stops in the file that PROMPT_CACHE_STARTED names.
 */
import fs from 'node:fs';

function note(sign, child) {
	const file = process.env.PROMPT_CACHE_STARTED;
	if (file && child.pid) fs.appendFileSync(file, `${sign}${child.pid}\n`);
}

export const noteStarted = (child) => note('+', child);
export const noteStopped = (child) => note('-', child);

/** Processes in the file (`+pid` started, `-pid` stopped) that were not stopped. */
function unstopped(file) {
	const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
	const stopped = new Set(lines.filter((line) => line[0] === '-').map((line) => line.slice(1)));
	return lines
		.filter((line) => line[0] === '+')
		.map((line) => line.slice(1))
		.filter((pid) => !stopped.has(pid))
		.map(Number);
}

function kill(pid) {
	try {
		return process.kill(pid, 'SIGKILL');
	} catch (error) {
		if (error.code !== 'ESRCH') throw error;
		return false;
	}
}

/** Kills what the file names as started and not stopped, with its process group where it leads one. */
export function killLeftovers(file) {
	return unstopped(file).filter((pid) => kill(-pid) || kill(pid)).length;
}
