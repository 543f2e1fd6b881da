import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports/Clock';

/** The machine's own clock. */
export const systemClock: Clock = {
	nowMs: () => Date.now(),
	random: () => Math.random(),
	sleep: async (ms) => {
		await sleep(Math.max(0, ms));
	},
};
