import { additionGuard } from './addition';
import { antonymsGuard } from './antonyms';
import { codeGuard } from './code';
import { currenciesGuard } from './currencies';
import { datesGuard } from './dates';
import { directionGuard } from './direction';
import { entitiesGuard } from './entities';
import type { Guard, GuardContext } from './guard';
import { languageGuard } from './language';
import { lengthRatioGuard } from './lengthRatio';
import { negationGuard } from './negation';
import { numbersGuard } from './numbers';
import { orderGuard } from './order';
import { payloadGuard } from './payload';
import { questionTypeGuard } from './questionType';
import { quotesGuard } from './quotes';
import { roleGuard, voiceGuard } from './roles';
import { scopeGuard } from './scope';
import { substitutionGuard } from './substitution';
import { targetGuard } from './target';
import { unitsGuard } from './units';

/** The guards by name, in the order in which their reasons read best. */
export const GUARDS = [
	['language', languageGuard],
	['numbers', numbersGuard],
	['units', unitsGuard],
	['dates', datesGuard],
	['currencies', currenciesGuard],
	['negation', negationGuard],
	['antonyms', antonymsGuard],
	['target', targetGuard],
	['entities', entitiesGuard],
	['quotes', quotesGuard],
	['code', codeGuard],
	['direction', directionGuard],
	['roles', roleGuard],
	['voice', voiceGuard],
	['order', orderGuard],
	['scope', scopeGuard],
	['questionType', questionTypeGuard],
	['substitution', substitutionGuard],
	['addition', additionGuard],
	['payload', payloadGuard],
	['lengthRatio', lengthRatioGuard],
] as const satisfies ReadonlyArray<readonly [string, Guard]>;

export type GuardName = (typeof GUARDS)[number][0];

/** An objection of a guard, in words a user can read. */
export interface Objection {
	guard: GuardName;
	reason: string;
}

/** Two guards often see the same change; it is told once. */
function isSaid(objections: readonly Objection[], reason: string): boolean {
	const change = reason.slice(reason.indexOf(': ') + 2);
	return objections.some((one) => one.reason.endsWith(change));
}

/** Every objection of the guards in `enabled` (all when left out); an empty list means none objects. */
export function askGuards(pair: GuardContext, enabled?: ReadonlySet<GuardName>): Objection[] {
	const objections: Objection[] = [];
	for (const [guard, ask] of GUARDS) {
		if (enabled && !enabled.has(guard)) continue;
		const reason = ask(pair);
		if (reason !== null && !isSaid(objections, reason)) objections.push({ guard, reason });
	}
	return objections;
}
