/**
 * Money is a whole number of nano-USD (1 USD = 1,000,000,000). While a call is being priced, amounts
 * are BigInt atto-USD (10^-18 USD), in which every published rate is a whole number per token; the
 * sum is rounded once, half up, to nano-USD.
 */
const attoPerNano = 1_000_000_000n;
const attoDigits = 18;
export const nanoPerUsd = 1_000_000_000;

/**
 * Reads a decimal (`0.0028`, `2.5e-06`) exactly, as a whole number of 10^-`digits`.
 * A number is read by its shortest decimal text, which is what the price list said.
 * @returns null when the value is not a finite decimal of 0 or more
 */
export function parseDecimal(value: unknown, digits: number): bigint | null {
	if (typeof value !== 'number' && typeof value !== 'string') return null;
	const match = /^\+?(\d*)\.?(\d*)(?:e([-+]?\d{1,3}))?$/i.exec(String(value).trim());
	const [, whole = '', fraction = '', exponent = '0'] = match ?? [];
	if (match === null || whole + fraction === '') return null;
	const shift = Number(exponent) - fraction.length + digits;
	const number = BigInt(whole + fraction);
	if (shift >= 0) return number * 10n ** BigInt(shift);
	return divideHalfUp(number, 10n ** BigInt(-shift));
}

/** Atto-USD per token from a price in USD per million tokens. */
export function attoFromUsdPerMillion(value: unknown): bigint | null {
	return parseDecimal(value, attoDigits - 6);
}

/** Atto-USD from an amount in USD. */
export function attoFromUsd(value: unknown): bigint | null {
	return parseDecimal(value, attoDigits);
}

/** Atto-USD to nano-USD, half up. */
export function nanoFromAtto(atto: bigint): number {
	return Number(divideHalfUp(atto, attoPerNano));
}

/** Quotient of numbers of 0 or more, half up. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
	return (2n * numerator + denominator) / (2n * denominator);
}

/** Nano-USD to USD, for output only. */
export function usdFromNano(nanoUsd: number): number {
	return nanoUsd / nanoPerUsd;
}

/**
 * Nano-USD from an amount in USD that a user typed or a provider reported; `a+b` adds two amounts.
 * @returns null when it is not a decimal of 0 or more
 */
export function nanoFromUsd(value: unknown): number | null {
	const terms =
		typeof value === 'string' ? value.split('+').filter((term) => term !== '') : [value];
	let atto = 0n;
	for (const term of terms) {
		const amount = attoFromUsd(term);
		if (amount === null) return null;
		atto += amount;
	}
	return terms.length === 0 ? null : nanoFromAtto(atto);
}

/** A positive fraction such as a discount: `0.5`, `1.1`, `5/3`. */
export interface Fraction {
	numerator: bigint;
	denominator: bigint;
}

/** Reads `0.5` or `5/3`; null when it is neither or not above 0. */
export function parseFraction(value: unknown): Fraction | null {
	const [top, bottom = '1', ...rest] = String(value).split('/');
	const numerator = parseDecimal(top, 9);
	const denominator = parseDecimal(bottom, 9);
	if (rest.length > 0 || !numerator || !denominator) return null;
	return { numerator, denominator };
}

export function times(amount: bigint, fraction: Fraction): bigint {
	return divideHalfUp(amount * fraction.numerator, fraction.denominator);
}
