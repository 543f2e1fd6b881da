import type { Guard } from './guard';

/** A prompt in another language wants an answer in that language. */
export const languageGuard: Guard = ({ a, b }) =>
	a.clear !== null && b.clear !== null && a.clear !== b.clear
		? `language: '${a.clear}' became '${b.clear}'`
		: null;
