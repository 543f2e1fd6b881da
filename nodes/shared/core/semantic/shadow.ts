import { wilson95, type Interval } from './interval';

/** What a shadow lookup saw: the nearest prompt, and whether its answer would have done. */
export interface ShadowObservation {
	similarity: number;
	/** Whether the guarded policy would have served it. */
	guarded: boolean;
	/** Whether the stored answer agreed with the fresh one; null when that could not be told. */
	agreed: boolean | null;
}

/** What one policy would have done with the observed lookups. */
export interface ShadowLine {
	policy: string;
	lookups: number;
	hits: number;
	hitRate: number;
	/** Hits whose answer could be compared, and how many of them were wrong. */
	judged: number;
	wrong: number;
	/** 95 % interval of the share of wrong hits. */
	errorRate: Interval;
}

const THRESHOLDS = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98];

/** For the guarded policy and each plain threshold: how often it would have hit and been wrong. */
export function shadowReport(
	observations: readonly ShadowObservation[],
	thresholds: readonly number[] = THRESHOLDS,
): ShadowLine[] {
	const line = (policy: string, serves: (one: ShadowObservation) => boolean): ShadowLine => {
		const hits = observations.filter(serves);
		const judged = hits.filter((one) => one.agreed !== null);
		const wrong = judged.filter((one) => one.agreed === false).length;
		return {
			policy,
			lookups: observations.length,
			hits: hits.length,
			hitRate: observations.length === 0 ? 0 : hits.length / observations.length,
			judged: judged.length,
			wrong,
			errorRate: wilson95(wrong, judged.length),
		};
	};
	return [
		line('guarded', (one) => one.guarded),
		...thresholds.map((threshold) =>
			line(`threshold ${threshold}`, (one) => one.similarity >= threshold),
		),
	];
}
