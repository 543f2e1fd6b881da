/** n8n saves run data as a list in which every string that is a number points to another place of it. */
export function unflatten(list: unknown[]): unknown {
	const made = new Map<number, unknown>();
	const at = (index: number): unknown => {
		if (made.has(index)) return made.get(index);
		const value = list[index];
		if (typeof value !== 'object' || value === null) return value;
		const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
		made.set(index, copy);
		for (const [name, inner] of Object.entries(value)) {
			(copy as Record<string, unknown>)[name] =
				typeof inner === 'string' ? at(Number(inner)) : inner;
		}
		return copy;
	};
	return at(0);
}
