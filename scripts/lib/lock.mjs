import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const isAlive = (pid) => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
};

const holderOf = (file) => {
	try {
		return Number(fs.readFileSync(file, 'utf8')) || 0;
	} catch {
		return 0;
	}
};

function tryTake(file) {
	try {
		fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
		return true;
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
		const holder = holderOf(file);
		if (holder !== 0 && !isAlive(holder)) fs.rmSync(file, { force: true });
		return false;
	}
}

/**
 * Runs `work` while this process alone holds `file`; waits for another process that holds it, and
 * takes the lock of one that died. `onWait` is called once when there is something to wait for.
 */
export async function withLock(file, work, onWait = () => {}) {
	fs.mkdirSync(path.dirname(file), { recursive: true });
	for (let waits = 0; !tryTake(file); waits++) {
		if (waits === 1) onWait(holderOf(file));
		await sleep(waits === 0 ? 20 : 250);
	}
	try {
		return await work();
	} finally {
		fs.rmSync(file, { force: true });
	}
}
