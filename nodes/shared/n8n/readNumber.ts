import { ConfigError } from '../core/errors';

/**
 * A number that a parameter gives: an expression may have made anything of it.
 * @throws ConfigError where it is none, or out of bounds
 */
export function readNumber(
	value: unknown,
	parameter: string,
	least = 0,
	most = Number.POSITIVE_INFINITY,
): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (Number.isFinite(number)) {
		const finite = number as number;
		if (finite >= least && finite <= most) return finite;
	}
	const isEmpty = value === undefined || value === null || value === '';
	throw new ConfigError(
		`"${parameter}" is ${isEmpty ? 'empty' : JSON.stringify(value)}`,
		parameter,
		`Give a number${bounds(least, most)}.`,
	);
}

function bounds(least: number, most: number): string {
	if (Number.isFinite(most)) return ` from ${least} to ${most}`;
	return Number.isFinite(least) ? ` of ${least} or more` : '';
}
