import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { barList } from '../../../nodes/shared/core/chart/barList';
import { escapeHtml } from '../../../nodes/shared/core/chart/escape';
import {
	formatCount,
	formatDuration,
	formatMoney,
	formatShare,
	formatShort,
	formatTime,
} from '../../../nodes/shared/core/chart/format';
import { labelStep, ticks } from '../../../nodes/shared/core/chart/scale';
import type { TimeChart } from '../../../nodes/shared/core/chart/timeChart';
import { timeChart } from '../../../nodes/shared/core/chart/timeChart';

describe('text on the page', () => {
	it('never opens an element or leaves an attribute', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				const escaped = escapeHtml(text);
				expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
				expect(escaped).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
			}),
		);
	});

	it('keeps letters of all languages', () => {
		expect(escapeHtml('Prénom – 名前 🙂')).toBe('Prénom – 名前 🙂');
		expect(escapeHtml('a\ud800b')).toBe('ab');
	});
});

describe('numbers on the page', () => {
	it.each([
		[formatMoney(1234.5, 'USD'), 'USD 1,234.50'],
		[formatMoney(0.012345, 'EUR'), 'EUR 0.0123'],
		[formatMoney(0.0000123, 'EUR'), 'EUR 0.000012'],
		[formatMoney(-3, 'USD'), '−USD 3.00'],
		[formatMoney(0, 'USD'), 'USD 0.00'],
		[formatCount(1234567), '1,234,567'],
		[formatShare(0.375), '37.5 %'],
		[formatShare(null), '–'],
		[formatDuration(4), '4 ms'],
		[formatDuration(1_234), '1.2 s'],
		[formatDuration(200_000), '3 min 20 s'],
		[formatDuration(18_720_000), '5 h 12 min'],
		[formatDuration(null), '–'],
		[formatShort(12_000), '12k'],
		[formatShort(0.002), '0.002'],
		[formatTime(Date.parse('2026-11-20T14:00:00Z'), false), '20 Nov'],
		[formatTime(Date.parse('2026-11-20T14:00:00Z'), true), '14:00'],
	])('%s', (shown, expected) => {
		expect(shown).toBe(expected);
	});
});

describe('axes', () => {
	it('begin at 0, reach the largest value, and step by 1, 2 or 5', () => {
		expect(ticks(0.47, 4)).toEqual([0, 0.2, 0.4, 0.6]);
		expect(ticks(100, 4)).toEqual([0, 50, 100]);
		expect(ticks(0, 4)).toEqual([0, 1]);
		fc.assert(
			fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (largest) => {
				const axis = ticks(largest, 4);
				expect(axis.at(-1)).toBeGreaterThanOrEqual(largest * (1 - 1e-9));
				expect(axis.length).toBeLessThanOrEqual(6);
			}),
		);
	});

	it('show no more labels than there is room for', () => {
		expect(labelStep(30, 8)).toBe(4);
		expect(labelStep(3, 8)).toBe(1);
	});
});

describe('charts', () => {
	const chart = (over: Partial<TimeChart> = {}): string =>
		timeChart({
			title: 'Spent by day',
			labels: ['a', 'b', 'c'],
			kind: 'bars',
			size: 'full',
			formatAxis: String,
			formatValue: String,
			series: [{ name: 'Spent', color: 'c1', values: [1, 0, 3] }],
			...over,
		});

	it('come for wide and for narrow screens, and say what they show', () => {
		expect(chart().match(/<svg/g)).toHaveLength(2);
		expect(chart()).toContain('role="img" aria-label="Spent by day"');
	});

	it('draw a bar for each value that is there, with its amount', () => {
		expect(chart().match(/<rect/g)).toHaveLength(4);
		expect(chart()).toContain('<title>c: Spent 3</title>');
	});

	it('break a line where a value is missing', () => {
		const drawn = chart({
			kind: 'lines',
			series: [{ name: 's', color: 'c2', values: [1, null, 2] }],
		});
		expect(/<path class="line c2" d="([^"]+)"/.exec(drawn)?.[1]).toMatch(/^M[\d. ]+M[\d. ]+$/);
		expect(drawn).not.toContain('NaN');
	});

	it('draw nothing but the axis where there is no data', () => {
		const drawn = chart({ labels: [], series: [{ name: 's', color: 'c1', values: [] }] });
		expect(drawn).not.toMatch(/<rect|NaN|Infinity/);
	});

	it('keep lists of bars within their width', () => {
		const list = barList([
			{
				name: '<b>',
				parts: [
					{ color: 'c1', value: 3 },
					{ color: 'c2', value: 1 },
				],
				label: 'x',
			},
			{
				name: 'zero',
				parts: [
					{ color: 'c1', value: 0 },
					{ color: 'c2', value: -5 },
				],
				label: 'y',
			},
		]);
		expect(list).toContain('width:75%');
		expect(list).toContain('&lt;b&gt;');
		expect(barList([{ name: 'a', parts: [{ color: 'c1', value: 0 }], label: '' }])).toContain(
			'width:0%',
		);
	});
});
