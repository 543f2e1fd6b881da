/**
 * By its name, and not by its class: when n8n reloads a package, connections that live on throw errors of the code
 * before, and a cache that is away must still be a miss.
 */
const isNamed = (value: unknown, name: string): boolean =>
	value instanceof Error && value.name === name;

/** The user must act: a parameter or an item is not usable. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError';

	static override [Symbol.hasInstance](value: unknown): value is ConfigError {
		return isNamed(value, 'ConfigError');
	}

	/**
	 * @param message what is wrong, in one sentence
	 * @param parameter display name of the parameter at fault
	 * @param hint how to get unstuck
	 */
	constructor(
		message: string,
		readonly parameter: string,
		readonly hint: string,
	) {
		super(message);
	}
}

/** The infrastructure failed: the cache steps aside and the workflow goes on. */
export class StoreUnavailable extends Error {
	override readonly name = 'StoreUnavailable';

	static override [Symbol.hasInstance](value: unknown): value is StoreUnavailable {
		return isNamed(value, 'StoreUnavailable');
	}

	/** @param hint what an operator can do about it */
	constructor(
		message: string,
		readonly hint?: string,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
}

/** A stored entry cannot be read: a miss, and counted. */
export class CorruptEntry extends Error {
	override readonly name = 'CorruptEntry';

	static override [Symbol.hasInstance](value: unknown): value is CorruptEntry {
		return isNamed(value, 'CorruptEntry');
	}
}

/** A walk was to begin where none has been. */
export const notAPosition = (text: string): ConfigError =>
	new ConfigError(
		`"${text.slice(0, 80)}" is no place of an export`,
		'Resume At',
		'Use "next" of an earlier export from the same backend, or leave it empty.',
	);
