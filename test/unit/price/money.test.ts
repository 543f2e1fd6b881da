import { describe, expect, it } from '@jest/globals';
import { currencyRate, inCurrency } from '../../../nodes/shared/core/price/currency';
import {
	attoFromUsdPerMillion,
	divideHalfUp,
	nanoFromAtto,
	nanoFromUsd,
	parseDecimal,
	parseFraction,
	times,
} from '../../../nodes/shared/core/price/money';

describe('money', () => {
	it('reads 0.0028 USD per million tokens as exactly 2.8 nano-USD per thousand tokens', () => {
		expect(nanoFromAtto(1000n * (attoFromUsdPerMillion(0.0028) ?? 0n))).toBe(2800);
	});

	it('reads rates in scientific notation as they were written', () => {
		expect(parseDecimal(2.5e-6, 18)).toBe(2_500_000_000_000n);
		expect(parseDecimal('1e-7', 18)).toBe(100_000_000_000n);
		expect(parseDecimal(0.1, 1)).toBe(1n);
	});

	it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 'free', '', null, undefined, '1,5', '--1'])(
		'does not take %p for a price',
		(value) => {
			expect(parseDecimal(value, 9)).toBeNull();
			expect(nanoFromUsd(value)).toBeNull();
		},
	);

	it('rounds a half nano-USD up, and once', () => {
		expect(nanoFromAtto(500_000_000n)).toBe(1);
		expect(nanoFromAtto(499_999_999n)).toBe(0);
		expect(divideHalfUp(7n, 2n)).toBe(4n);
	});

	it('adds what two parties charge', () => {
		expect(nanoFromUsd('0.000225+0.0045')).toBe(4_725_000);
	});

	it('applies fractions that no decimal can hold', () => {
		const fiveThirds = parseFraction('5/3');
		expect(fiveThirds).not.toBeNull();
		expect(times(150_000n, fiveThirds as NonNullable<typeof fiveThirds>)).toBe(250_000n);
		expect(parseFraction('0')).toBeNull();
		expect(parseFraction('1/0')).toBeNull();
		expect(parseFraction('half')).toBeNull();
	});
});

describe('currencies', () => {
	it('converts by the rate given and keeps nine decimals', () => {
		const euro = currencyRate('eur', 0.92, '2026-11-20');
		expect(euro).toEqual({
			kind: 'rate',
			rate: { currency: 'EUR', perUsd: 0.92, date: '2026-11-20' },
		});
		if (euro.kind === 'rate') {
			expect(inCurrency(1_000_000_000, euro.rate)).toBe(0.92);
			expect(inCurrency(1, euro.rate)).toBe(1e-9);
			expect(inCurrency(-1_000_000_000, euro.rate)).toBe(-0.92);
		}
	});

	it('needs no rate for USD', () => {
		expect(currencyRate('USD', undefined, '')).toMatchObject({ kind: 'rate', rate: { perUsd: 1 } });
	});

	it.each([
		['Euro', 1],
		['EUR', 0],
		['EUR', -2],
		['EUR', Number.NaN],
		['EUR', undefined],
	])('refuses %s at %p', (code, perUsd) => {
		expect(currencyRate(code, perUsd, '').kind).toBe('invalid');
	});
});
