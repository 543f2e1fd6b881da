import { hash } from 'node:crypto';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import type { UsageReading } from '../core/usage/reading';

/** A field that a Cost Tracker wrote on an item, under the name that its user chose. */
export type WrittenCost = JsonObject & {
	/** Marks of what was booked: an item that carries it past another Cost Tracker is not booked for it again. */
	booked: string[];
};

/** The fields that Cost Trackers wrote on an item, by name. */
export function costFields(json: JsonObject): Map<string, WrittenCost> {
	const fields = new Map<string, WrittenCost>();
	for (const [name, value] of Object.entries(json)) {
		if (isJsonObject(value) && Array.isArray(value.booked) && value.usd !== undefined)
			fields.set(name, { ...value, booked: value.booked.map(String) });
	}
	return fields;
}

/** Marks of calls: equal only where reply, model and usage are. */
export function marksOf(readings: readonly UsageReading[]): string[] {
	return readings.map(({ replyId, model, usage }) =>
		hash('sha1', JSON.stringify([replyId, model, usage]), 'base64url').slice(0, 8),
	);
}

/** Mark of an answer that the cache gave: the answer itself may bear the marks of the call that was stored. */
export const hitMark = (key: string): string => `hit:${key.slice(0, 16)}`;

/** Marks that any Cost Tracker left on an item. */
export function marksOn(json: JsonObject): string[] {
	let marks: string[] = [];
	for (const { booked } of costFields(json).values()) marks = inEither(marks, booked);
	return marks;
}

/** Each mark as often as in the list that has it more often. */
export const inEither = (some: readonly string[], others: readonly string[]): string[] => [
	...some,
	...leftOf(others, some, (mark) => mark),
];

/** The readings that bear none of the marks; each mark counts for one of them. */
export const notBooked = (
	readings: readonly UsageReading[],
	booked: readonly string[],
): UsageReading[] => leftOf(readings, booked, (reading) => marksOf([reading])[0]!);

function leftOf<T>(all: readonly T[], taken: readonly string[], markOf: (one: T) => string): T[] {
	const left = [...taken];
	return all.filter((one) => {
		const at = left.length === 0 ? -1 : left.indexOf(markOf(one));
		if (at >= 0) left.splice(at, 1);
		return at < 0;
	});
}
