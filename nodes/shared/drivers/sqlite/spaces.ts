import type { createNamespaces, NamespaceState } from './namespaces';

/** The namespaces of one lookup, each read at most once. */
export interface Spaces {
	now(name: string): NamespaceState;
	/** Invalidation count of each namespace asked. */
	readonly epochs: Map<string, number>;
	/** From here on they are read anew. */
	forget(): void;
}

export function createSpaces(namespaces: ReturnType<typeof createNamespaces>): Spaces {
	const current = new Map<string, NamespaceState>();
	return {
		now(name) {
			const space = current.get(name) ?? namespaces.find(name);
			current.set(name, space);
			return space;
		},
		epochs: new Map(),
		forget: () => current.clear(),
	};
}
