import { hash } from 'node:crypto';
import { ConfigError } from '../errors';
import type { JsonObject } from '../json';
import { canonicalJson } from './canonicalJson';
import { IGNORED_FIELDS } from './ignoredFields';

/** Version of the way keys are made. A change here makes every stored entry a miss. */
export const KEY_SCHEME = 1;

export interface KeyOptions {
	/** Tenant; two namespaces never share an entry. */
	namespace: string;
	/** The user's prompt template version; another version is another entry. */
	keyVersion?: string;
	/** Top-level fields left out beside IGNORED_FIELDS. */
	ignoreFields?: readonly string[];
	/** Largest canonical request, in bytes; no bound where left out. */
	maxBytes?: number;
}

/** The request without the fields that do not shape the answer. */
export function shapingFields(
	request: JsonObject,
	ignoreFields: readonly string[] = [],
): JsonObject {
	const kept: JsonObject = {};
	for (const [name, value] of Object.entries(request)) {
		if (value === undefined || IGNORED_FIELDS.includes(name) || ignoreFields.includes(name)) {
			continue;
		}
		kept[name] = value;
	}
	return kept;
}

/**
 * SHA-256 (64 hex characters) over the RFC 8785 text of what shapes the answer, the namespace and the key version.
 * @throws ConfigError where the request is not JSON or larger than `maxBytes`
 */
export function requestKey(request: JsonObject, options: KeyOptions): string {
	const material = canonicalJson({
		keyVersion: options.keyVersion ?? '',
		namespace: options.namespace,
		request: shapingFields(request, options.ignoreFields),
		scheme: KEY_SCHEME,
	});
	const { maxBytes = Infinity } = options;
	if (material.length > maxBytes / 3 && Buffer.byteLength(material) > maxBytes) {
		throw new ConfigError(
			`The request has ${Buffer.byteLength(material)} bytes, more than ${maxBytes}`,
			'Largest Request (Bytes)',
			'Raise the option "Largest Request (Bytes)", or send less.',
		);
	}
	return hash('sha256', withoutCacheMarks(material));
}

/** Anthropic's marks say nothing about the answer: `"cache_control":{"type":"ephemeral"}` inside blocks. */
const MARK = '"cache_control":\\{(?:"ttl":"[0-9a-z]+",)?"type":"ephemeral"\\}';
const CACHE_MARKS = new RegExp(`${MARK},|,${MARK}`, 'g');

function withoutCacheMarks(canonicalText: string): string {
	if (!canonicalText.includes('"cache_control"')) return canonicalText;
	return canonicalText.replace(CACHE_MARKS, '');
}
