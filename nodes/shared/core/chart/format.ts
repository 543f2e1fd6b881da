/** Numbers as people read them: no more digits than matter, the same on every machine. */

/** An amount with its currency code: `USD 12.40`, `USD 0.0034`, `−USD 3.00`. */
export function formatMoney(amount: number, currency: string): string {
	const size = Math.abs(amount);
	const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
	return `${amount < 0 ? '−' : ''}${currency} ${group(size.toFixed(digits))}`;
}

/** A short amount for axes: `0.002`, `1.5`, `12k`. */
export function formatShort(value: number): string {
	const size = Math.abs(value);
	if (size >= 1e9) return `${trim((value / 1e9).toFixed(1))}G`;
	if (size >= 1e6) return `${trim((value / 1e6).toFixed(1))}M`;
	if (size >= 1e4) return `${trim((value / 1e3).toFixed(1))}k`;
	if (size >= 1 || size === 0) return trim(value.toFixed(2));
	return trim(value.toPrecision(2));
}

/** `12,345` */
export function formatCount(value: number): string {
	return group(String(Math.round(value)));
}

/** `37.5 %`, or `–` where there is nothing to divide. */
export function formatShare(share: number | null): string {
	return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}

/** `4 ms`, `1.2 s`, `3 min 20 s`, `5 h 12 min`, or `–`. */
export function formatDuration(ms: number | null): string {
	if (ms === null) return '–';
	if (ms < 1_000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${trim((ms / 1_000).toFixed(1))} s`;
	const minutes = Math.floor(ms / 60_000);
	if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
	return `${group(String(Math.floor(minutes / 60)))} h ${minutes % 60} min`;
}

/** `20 Nov`, or `14:00` for hours. */
export function formatTime(atMs: number, byHour: boolean): string {
	const iso = new Date(atMs).toISOString();
	if (byHour) return iso.slice(11, 16);
	return `${Number(iso.slice(8, 10))} ${months[Number(iso.slice(5, 7)) - 1] ?? ''}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function group(digits: string): string {
	const [whole = '', fraction] = digits.split('.');
	const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
	return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function trim(digits: string): string {
	return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
