/** Round values of an axis from 0 to at least the largest value: 1, 2 or 5 times a power of ten apart. */
export function ticks(largest: number, wanted: number): number[] {
	if (!(largest > 0)) return [0, 1];
	const rough = largest / wanted;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step =
		[1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power * 10;
	const count = Math.ceil(largest / step - 1e-9);
	return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** Every how many labels one is shown, so that at most `room` are. */
export function labelStep(count: number, room: number): number {
	return Math.max(1, Math.ceil(count / room));
}
