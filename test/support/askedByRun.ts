/** Prompts of storing processes: each has a wording of its own, and another that asks the same. */

const THINGS = 'bread glass paper chess tea silk coal clocks bridges salt ink wool'.split(' ');
const PLACES =
	'Portugal Norway Brazil Japan Egypt Canada Poland Kenya Vietnam Greece Chile Finland'.split(' ');

/** Answers that outlive the test. */
export const LONG_LIVED = { ttlMs: 3_600_000, graceMs: 0 };

/** The n-th prompt of every run; a run is one frame. */
export function promptOfRun(index: number): string {
	const thing = THINGS[index % THINGS.length]!;
	const place = PLACES[Math.floor(index / THINGS.length) % PLACES.length]!;
	const round = Math.floor(index / THINGS.length / PLACES.length);
	return `Explain the history of ${thing} in ${place}${round > 0 ? `, part ${round}` : ''}`;
}

export const inOtherWords = (prompt: string): string =>
	`Could you please ${prompt.charAt(0).toLowerCase()}${prompt.slice(1)}? Thanks!`;
