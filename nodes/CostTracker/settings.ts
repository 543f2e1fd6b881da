import type { IExecuteFunctions } from 'n8n-workflow';
import type { CurrencyRate } from '../shared/core/price/currency';
import { currencyRate } from '../shared/core/price/currency';
import { nanoFromUsd } from '../shared/core/price/money';
import { ConfigError } from '../shared/core/errors';
import { bundledPriceBook } from '../shared/drivers/prices/bundled';
import { layered, userPriceTable } from '../shared/drivers/prices/userTable';
import type { PriceBook } from '../shared/ports/PriceBook';
import { rememberQuotes } from '../shared/services/cachedPrices';

/** The node's options, as n8n hands them over. */
export interface TrackerOptions {
	currency?: string;
	exchangeRate?: number;
	exchangeRateDate?: string;
	priceTable?: string | object;
	localUsdPerHour?: number;
	latencyMs?: number | string;
	overheadUsd?: number | string;
	estimateTokens?: boolean;
	outputField?: string;
	executionData?: boolean;
	onBackendError?: 'continue' | 'fail';
	timeoutMs?: number;
}

export const defaultTimeoutMs = 2_000;

let bundled: PriceBook | undefined;

/**
 * The bundled prices under the user's own table.
 * @throws ConfigError naming the model and field that is wrong
 */
export function priceBookOf({ priceTable }: TrackerOptions): PriceBook {
	bundled ??= rememberQuotes(bundledPriceBook());
	if (priceTable === undefined || priceTable === '') return bundled;
	const own = userPriceTable(priceTable);
	if (own.kind === 'invalid') {
		throw new ConfigError(
			own.reason,
			'Price Table',
			'Give a JSON object of models with LiteLLM field names, e.g. {"my-model": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}.',
		);
	}
	return own.models === 0 ? bundled : rememberQuotes(layered(own.book, bundled));
}

/** @throws ConfigError where code or rate is not usable */
export function currencyOf(options: TrackerOptions): CurrencyRate {
	const { currency = 'USD', exchangeRate, exchangeRateDate = '' } = options;
	const result = currencyRate(currency || 'USD', exchangeRate, exchangeRateDate);
	if (result.kind === 'rate') return result.rate;
	throw new ConfigError(
		result.reason,
		'Exchange Rate',
		'Give how many units of the currency one US dollar costs, e.g. 0.92 for EUR.',
	);
}

/** @throws ConfigError where the amount is not a number of 0 or more */
export function nanoFromParameter(value: unknown, parameter: string): number {
	const nano = value === '' || value === undefined || value === null ? 0 : nanoFromUsd(value);
	if (nano !== null) return nano;
	throw new ConfigError(
		`"${String(value)}" is not an amount in USD`,
		parameter,
		'Give a number of 0 or more, with a point as decimal separator.',
	);
}

export function optionsOf(ctx: IExecuteFunctions, index = 0): TrackerOptions {
	return ctx.getNodeParameter('options', index, {}) as TrackerOptions;
}
