/** One of a batch, with its place in it. */
export interface Indexed<T> {
	item: T;
	index: number;
}

/** Keys of one command: a longer batch goes as several commands in the same round trip, so that Redis serves others in between. */
const KEYS_PER_CALL = 256;

/** What belongs to one namespace, at most KEYS_PER_CALL a chunk. */
export function chunked<T extends { namespace: string }>(batch: readonly T[]): Indexed<T>[][] {
	const spaces = new Map<string, Indexed<T>[]>();
	batch.forEach((item, index) => {
		const space = spaces.get(item.namespace);
		if (space) space.push({ item, index });
		else spaces.set(item.namespace, [{ item, index }]);
	});
	return [...spaces.values()].flatMap((space) => {
		const chunks = [];
		for (let at = 0; at < space.length; at += KEYS_PER_CALL) {
			chunks.push(space.slice(at, at + KEYS_PER_CALL));
		}
		return chunks;
	});
}
