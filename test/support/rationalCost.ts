/** Cost in nano-USD by whole numbers alone, rounded half up: tokens times atto-USD, over 10^9. */
export function costWithFractions(parts: ReadonlyArray<readonly [number, bigint]>): number {
	const atto = parts.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * rate, 0n);
	const [whole, rest] = [atto / 10n ** 9n, atto % 10n ** 9n];
	return Number(rest * 2n >= 10n ** 9n ? whole + 1n : whole);
}
