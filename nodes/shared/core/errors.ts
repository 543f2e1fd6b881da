/** The user must act: a parameter or an item is not usable. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError';

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
}

/** A walk was to begin where none has been. */
export const notAPosition = (text: string): ConfigError =>
	new ConfigError(
		`"${text.slice(0, 80)}" is no place of an export`,
		'Resume At',
		'Use "next" of an earlier export from the same backend, or leave it empty.',
	);
