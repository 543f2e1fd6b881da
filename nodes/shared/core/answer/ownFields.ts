import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';

/**
 * The answered item of `first` as it would be for `own`, which asked the same: what came from `first` itself is
 * replaced by its own, at every depth, and what is new is the answer's, which both share.
 * @param answered what became of `first` since
 */
export function withOwnFields(
	answered: JsonObject,
	first: JsonObject,
	own: JsonObject,
): JsonObject {
	const kept = (name: string): boolean =>
		name in first && JSON.stringify(answered[name]) === JSON.stringify(first[name]);
	const result: JsonObject = {};
	for (const [name, value] of Object.entries(answered)) {
		if (!kept(name)) result[name] = innerFields(value, first[name], own[name]);
		else if (name in own) result[name] = own[name]!;
	}
	const names = Object.keys(first);
	// Where all of the first item came through, nothing took fields away: neither from the others.
	if (names.length > 0 && names.every(kept)) {
		for (const name of Object.keys(own)) if (!(name in answered)) result[name] = own[name]!;
	}
	return result;
}

function innerFields(value: Json, first: Json | undefined, own: Json | undefined): Json {
	return isJsonObject(value) && isJsonObject(first) && isJsonObject(own)
		? withOwnFields(value, first, own)
		: value;
}
