/** Lets at most `count` calls be under way (at least 1); others begin as these end, in the order they were made. */
export function atMost<Args extends unknown[], Result>(
	count: number,
	call: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
	let free = count;
	const waiting: Array<() => void> = [];
	return async (...args) => {
		if (free > 0) free -= 1;
		else await new Promise<void>((begin) => waiting.push(begin));
		try {
			return await call(...args);
		} finally {
			const next = waiting.shift();
			if (next) next();
			else free += 1;
		}
	};
}
