import { divideHalfUp, parseDecimal } from './money';

/** One currency against the dollar, with the day the rate was taken. */
export interface CurrencyRate {
	/** ISO 4217 code, e.g. EUR. */
	currency: string;
	/** Units of the currency for one USD. */
	perUsd: number;
	/** Day of the rate, YYYY-MM-DD. */
	date: string;
}

export type CurrencyResult =
	{ kind: 'rate'; rate: CurrencyRate } | { kind: 'invalid'; reason: string };

/** Checks what the user entered. USD needs no rate. */
export function currencyRate(currency: string, perUsd: unknown, date: string): CurrencyResult {
	const code = currency.trim().toUpperCase();
	if (!/^[A-Z]{3}$/.test(code)) {
		return {
			kind: 'invalid',
			reason: `Currency "${currency}" is not an ISO 4217 code such as EUR`,
		};
	}
	if (code === 'USD') return { kind: 'rate', rate: { currency: code, perUsd: 1, date } };
	if (typeof perUsd !== 'number' || !Number.isFinite(perUsd) || perUsd <= 0) {
		return { kind: 'invalid', reason: `Exchange rate for ${code} must be a number above 0` };
	}
	return { kind: 'rate', rate: { currency: code, perUsd, date } };
}

const nanoDigits = 9;

/** An amount in nano-USD as units of the currency, exact to 9 decimals (half up). */
export function inCurrency(nanoUsd: number, rate: CurrencyRate): number {
	const perUsd = parseDecimal(rate.perUsd, nanoDigits);
	if (perUsd === null) return Number.NaN;
	const sign = nanoUsd < 0 ? -1 : 1;
	const nano = divideHalfUp(BigInt(Math.abs(nanoUsd)) * perUsd, 10n ** BigInt(nanoDigits));
	return (sign * Number(nano)) / 10 ** nanoDigits;
}
