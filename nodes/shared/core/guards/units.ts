import { differences, reportKind, type Guard } from './guard';

/** A unit of measure on one side must be on the other: minutes are not hours. */
export const unitsGuard: Guard = (pair) => {
	const diff = differences(pair);
	const isUnit = (token: { word: string }): boolean => pair.words.units.has(token.word);
	const report = reportKind('unit', diff, isUnit);
	if (!report) return null;
	const bothSides = diff.removed.some(isUnit) && diff.added.some(isUnit);
	const replaced = diff.changed.some(({ from, to }) => isUnit(from) || isUnit(to));
	return bothSides || replaced ? report : null;
};
