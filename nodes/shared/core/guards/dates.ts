import { differences, reportKind, type Guard } from './guard';

/** Months, weekdays and words such as "tomorrow" must be the same on both sides. */
export const datesGuard: Guard = (pair) =>
	reportKind(
		'date',
		differences(pair),
		(token) =>
			pair.words.dates.has(token.word) && !(pair.words.classes.has(token.word) && !token.capital),
	);
