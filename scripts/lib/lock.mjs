import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 2_000;
/** A holder that has not touched its lock for so long is gone, though another has its number. */
const STALE_MS = 30_000;

const isAlive = (pid) => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
};

const isStale = (file) => {
	try {
		return Date.now() - fs.statSync(file).mtimeMs > STALE_MS;
	} catch {
		return false;
	}
};

const beat = (file) => {
	try {
		const now = new Date();
		fs.utimesSync(file, now, now);
	} catch {
		// Taken away: the holder goes on, as it would without a lock.
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
		if ((holder !== 0 && !isAlive(holder)) || isStale(file)) fs.rmSync(file, { force: true });
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
	const timer = setInterval(beat, BEAT_MS, file);
	try {
		return await work();
	} finally {
		clearInterval(timer);
		fs.rmSync(file, { force: true });
	}
}
