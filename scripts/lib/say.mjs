const startedAt = Date.now();

/** Writes one line to standard error, so that standard output stays free for results. */
export function say(line) {
	process.stderr.write(`${line}\n`);
}

/** Seconds since the script began, e.g. "12.3 s". */
export function elapsed(since = startedAt) {
	return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * Shows that a long step is alive: one line at the beginning, one every `everyMs`, one at the end.
 * `detail` may add what is known so far. Returns what `work` returns.
 */
export async function withProgress(title, work, { everyMs = 5000, detail = () => '' } = {}) {
	const since = Date.now();
	say(`${title} ...`);
	const timer = setInterval(() => {
		const more = detail();
		say(`  ${title}: ${elapsed(since)}${more ? `, ${more}` : ''}`);
	}, everyMs);
	try {
		const result = await work();
		say(`${title}: done in ${elapsed(since)}`);
		return result;
	} finally {
		clearInterval(timer);
	}
}
