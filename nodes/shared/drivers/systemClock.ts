import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports/Clock';

/** The machine's own clocks. */
export const systemClock: Clock = {
	nowMs: () => Date.now(),
	elapsedMs: () => performance.now(),
	random: () => Math.random(),
	sleep: async (ms) => {
		await sleep(Math.max(0, ms));
	},
};
