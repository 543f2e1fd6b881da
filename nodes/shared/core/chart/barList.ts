import { escapeHtml } from './escape';

export interface BarListEntry {
	name: string;
	/** Parts of the bar, each with its class `c1` to `c4`. */
	parts: ReadonlyArray<{ color: string; value: number }>;
	/** What stands at the end, e.g. the amount. */
	label: string;
}

const percent = (part: number, whole: number): string =>
	String(Math.round((whole === 0 ? 0 : (100 * Math.max(0, part)) / whole) * 100) / 100);

/** Named horizontal bars, largest first, as an HTML list: it reads well on a phone and aloud. */
export function barList(entries: readonly BarListEntry[]): string {
	const size = (entry: BarListEntry): number =>
		entry.parts.reduce((sum, { value }) => sum + Math.max(0, value), 0);
	const largest = Math.max(0, ...entries.map(size));
	const items = entries.map((entry) => {
		const bars = entry.parts
			.map(
				({ color, value }) =>
					`<span class="${color}" style="width:${percent(value, largest)}%"></span>`,
			)
			.join('');
		return `<li><span class="name">${escapeHtml(entry.name)}</span><span class="amount">${escapeHtml(entry.label)}</span><span class="bar">${bars}</span></li>`;
	});
	return `<ol class="bars">${items.join('')}</ol>`;
}
