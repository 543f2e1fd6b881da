import { escapeHtml } from './escape';
import { labelStep, ticks } from './scale';

export interface Series {
	name: string;
	/** Class of the series in the page's style sheet: `c1` to `c4`. */
	color: string;
	values: ReadonlyArray<number | null>;
}

export interface TimeChart {
	/** What the chart shows, in a sentence, for those who cannot see it. */
	title: string;
	labels: readonly string[];
	series: readonly Series[];
	kind: 'bars' | 'lines';
	/** Place on a wide screen. */
	size: 'full' | 'half';
	/** Upper end of the axis; by default the largest value. */
	top?: number;
	formatAxis: (value: number) => string;
	formatValue: (value: number) => string;
}

/** Text keeps its size, so a phone gets a drawing of its own instead of a shrunken one. */
const sizes = {
	full: { width: 1120, height: 260, labelRoom: 12 },
	half: { width: 540, height: 240, labelRoom: 6 },
	narrow: { width: 330, height: 220, labelRoom: 4 },
} as const;
const left = 48;
const right = 8;
const top = 12;
const bottom = 26;

const number = (value: number): string => String(Math.round(value * 100) / 100);

/**
 * A chart over time as SVG: stacked bars, or lines with a dot on each value. It comes twice, for
 * wide and for narrow screens; the page's style sheet shows one (classes `wide` and `narrow`).
 */
export function timeChart(chart: TimeChart): string {
	return draw(chart, chart.size) + draw(chart, 'narrow');
}

function draw(chart: TimeChart, size: keyof typeof sizes): string {
	const { width, height, labelRoom } = sizes[size];
	const plotWidth = width - left - right;
	const plotHeight = height - top - bottom;
	const count = chart.labels.length;
	const largest = chart.top ?? largestOf(chart);
	const axis = ticks(largest, 4);
	const end = axis.at(-1) ?? 1;
	const y = (value: number): number => top + plotHeight * (1 - Math.min(value, end) / end);
	const step = plotWidth / Math.max(1, count);
	const x = (index: number): number => left + step * (index + 0.5);
	const marks = chart.kind === 'bars' ? bars(chart, step, x, y) : lines(chart, x, y);
	return [
		`<svg class="${size === 'narrow' ? 'narrow' : 'wide'}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">`,
		...axis.map((value) => {
			const at = number(y(value));
			const text = escapeHtml(chart.formatAxis(value));
			return `<line class="rule" x1="${left}" y1="${at}" x2="${width - right}" y2="${at}"/><text class="axis" x="${left - 6}" y="${number(y(value) + 4)}" text-anchor="end">${text}</text>`;
		}),
		...timeLabels(chart.labels, x, height - 8, labelRoom),
		...marks,
		'</svg>',
	].join('');
}

function largestOf({ kind, labels, series }: TimeChart): number {
	const columns = labels.map((_, index) =>
		series.map(({ values }) => Math.max(0, values[index] ?? 0)),
	);
	return Math.max(
		0,
		...columns.map((column) =>
			kind === 'bars' ? column.reduce((sum, value) => sum + value, 0) : Math.max(0, ...column),
		),
	);
}

function timeLabels(
	labels: readonly string[],
	x: (index: number) => number,
	y: number,
	labelRoom: number,
): string[] {
	const step = labelStep(labels.length, labelRoom);
	return labels.flatMap((label, index) =>
		index % step === 0
			? [
					`<text class="axis" x="${number(x(index))}" y="${y}" text-anchor="middle">${escapeHtml(label)}</text>`,
				]
			: [],
	);
}

function bars(
	{ labels, series, formatValue }: TimeChart,
	step: number,
	x: (index: number) => number,
	y: (value: number) => number,
): string[] {
	const barWidth = Math.max(1, Math.min(28, step * 0.7));
	return labels.flatMap((label, index) => {
		let below = 0;
		return series.flatMap(({ name, color, values }) => {
			const value = Math.max(0, values[index] ?? 0);
			if (value === 0) return [];
			const [from, to] = [below, below + value];
			below = to;
			const size = Math.max(0.5, y(from) - y(to));
			const tip = escapeHtml(`${label}: ${name} ${formatValue(value)}`);
			return `<rect class="${color}" x="${number(x(index) - barWidth / 2)}" y="${number(y(to))}" width="${number(barWidth)}" height="${number(size)}"><title>${tip}</title></rect>`;
		});
	});
}

function lines(
	{ labels, series, formatValue }: TimeChart,
	x: (index: number) => number,
	y: (value: number) => number,
): string[] {
	return series.flatMap(({ name, color, values }) => {
		const path = pathThrough(values, x, y);
		const dots = values.flatMap((value, index) => {
			if (value === null) return [];
			const tip = escapeHtml(`${labels[index] ?? ''}: ${name} ${formatValue(value)}`);
			return `<circle class="${color}" cx="${number(x(index))}" cy="${number(y(value))}" r="3"><title>${tip}</title></circle>`;
		});
		return dots.length < 2 ? dots : [`<path class="line ${color}" d="${path}"/>`, ...dots];
	});
}

/** A line that is broken where a value is missing. */
function pathThrough(
	values: ReadonlyArray<number | null>,
	x: (index: number) => number,
	y: (value: number) => number,
): string {
	let isDrawing = false;
	return values
		.flatMap((value, index) => {
			if (value === null) {
				isDrawing = false;
				return [];
			}
			const command = isDrawing ? 'L' : 'M';
			isDrawing = true;
			return [`${command}${number(x(index))} ${number(y(value))}`];
		})
		.join('');
}
