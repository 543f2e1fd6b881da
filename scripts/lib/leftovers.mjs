/** Ends what a child process started and, ending in a hurry, did not stop. */
import fs from 'node:fs';

/** Process groups in the file (`+pid` started, `-pid` stopped) that were not stopped. */
function unstopped(file) {
	const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
	const stopped = new Set(lines.filter((line) => line[0] === '-').map((line) => line.slice(1)));
	return lines
		.filter((line) => line[0] === '+')
		.map((line) => line.slice(1))
		.filter((pid) => !stopped.has(pid))
		.map(Number);
}

/** Kills every process group the file names as started and not stopped; resolves to how many. */
export function killLeftovers(file) {
	let killed = 0;
	for (const pid of unstopped(file)) {
		try {
			process.kill(-pid, 'SIGKILL');
			killed++;
		} catch (error) {
			if (error.code !== 'ESRCH') throw error;
		}
	}
	return killed;
}
