import { hash } from 'node:crypto';
import type { Json, JsonObject } from '../json';
import { canonicalJson } from '../key/canonicalJson';
import { shapingFields } from '../key/requestKey';
import { requestTexts } from '../request/requestTexts';

/** Field name to a short readable value, or to a fingerprint starting with `#` where the value is long or a text. */
export type Components = Record<string, string>;

/** What a request consists of, without any prompt text: enough to say later which part changed. */
export interface ExplainedRequest {
	/** 16 hex characters over the user's text: requests with the same words are compared. */
	readonly userHash: string;
	readonly components: Components;
}

const CONVERSATION_FIELDS = ['messages', 'contents', 'input', 'prompt'];
const SHORT = 40;

/** Splits a request into named components for `explainMiss`; worked out when first asked for, since hits need neither. */
export function explainRequest(
	request: JsonObject,
	keyVersion: string,
	ignoreFields: readonly string[],
): ExplainedRequest {
	return new LazyExplanation(request, keyVersion, ignoreFields);
}

/** A class and not an object with getters: one is made for every item of a batch. */
class LazyExplanation implements ExplainedRequest {
	#userHash: string | undefined;
	#components: Components | undefined;

	constructor(
		private readonly request: JsonObject,
		private readonly keyVersion: string,
		private readonly ignoreFields: readonly string[],
	) {}

	get userHash(): string {
		return (this.#userHash ??= shortHash(requestTexts(this.request).user));
	}

	get components(): Components {
		return (this.#components ??= componentsOf(this.request, this.keyVersion, this.ignoreFields));
	}
}

function componentsOf(
	request: JsonObject,
	keyVersion: string,
	ignoreFields: readonly string[],
): Components {
	const { system } = requestTexts(request);
	const components: Components = {};
	if (keyVersion !== '') components['key version'] = keyVersion;
	if (system !== '') components['system prompt'] = fingerprint(system);
	for (const [name, value] of Object.entries(shapingFields(request, ignoreFields))) {
		if (name === 'system' || name === 'systemInstruction' || name === 'instructions') continue;
		const label = CONVERSATION_FIELDS.includes(name) ? 'conversation' : name;
		components[label] = label === 'conversation' ? fingerprint(value) : shown(value);
	}
	return components;
}

function shown(value: Json): string {
	if (typeof value === 'number' || typeof value === 'boolean' || value === null)
		return String(value);
	return typeof value === 'string' && value.length <= SHORT ? value : fingerprint(value);
}

function fingerprint(value: Json): string {
	return `#${shortHash(typeof value === 'string' ? value : canonicalJson(value))}`;
}

function shortHash(text: string): string {
	return hash('sha256', text).slice(0, 16);
}
