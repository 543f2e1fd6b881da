import { differences, reportKind, type Guard } from './guard';

const SYMBOLS = /^[$€£¥₹%]$/;

/** Currencies and the percent sign must be the same on both sides. */
export const currenciesGuard: Guard = (pair) =>
	reportKind(
		'currency',
		differences(pair),
		(token) => SYMBOLS.test(token.text) || pair.words.currencies.has(token.word),
	);
