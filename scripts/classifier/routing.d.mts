interface Judged {
	weak: number;
	strong: number;
}
export function routing(
	rows: readonly Judged[],
	scores: readonly number[],
): { quarter: number; area: number; half: number } | null;
export function resampled(
	rows: readonly Judged[],
	scores: readonly number[],
): { low: number; high: number };
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | null;
