import type { AdmissionRules } from '../core/admission/admission';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { parseJson } from '../core/request/findRequest';
import type { KeepSettings } from '../services/store';
import { readNumber } from './readNumber';

/** Parameters and options that say how an answer is kept, as n8n gives them; those left out have their defaults. */
export interface KeepParameters {
	ttlSeconds: unknown;
	graceSeconds: unknown;
	ttlJitterPercent?: unknown;
	negativeTtlSeconds?: unknown;
	maxEntryBytes?: unknown;
	compressAboveBytes?: unknown;
}

/** @throws ConfigError where one is no number, or out of bounds */
export function keepSettings(
	{
		ttlSeconds,
		graceSeconds,
		ttlJitterPercent = 10,
		negativeTtlSeconds = 0,
		maxEntryBytes = 1024 ** 2,
		compressAboveBytes = 4096,
	}: KeepParameters,
	rules: AdmissionRules,
): KeepSettings {
	return {
		ttlMs: readNumber(ttlSeconds, 'Lifetime (Seconds)') * 1000,
		graceMs: readNumber(graceSeconds, 'Grace Period (Seconds)') * 1000,
		ttlJitterPercent: readNumber(ttlJitterPercent, 'Lifetime Jitter (Percent)', 0, 100),
		negativeTtlMs: readNumber(negativeTtlSeconds, 'Lifetime of Provider Errors (Seconds)') * 1000,
		rules,
		maxEntryBytes: readNumber(maxEntryBytes, 'Largest Entry (Bytes)', 1),
		compressAboveBytes: readNumber(compressAboveBytes, 'Compress Above (Bytes)'),
	};
}

/**
 * What the collection "Store When" asks of an answer.
 * @throws ConfigError where the schema is no JSON or the length no number
 */
export function storeRules(when: JsonObject, toolResults: boolean): AdmissionRules {
	const schema =
		typeof when.schema === 'string' && when.schema.trim() !== ''
			? parseJson(when.schema, 'JSON Schema')
			: when.schema;
	return {
		complete: when.complete !== false,
		noRefusals: when.noRefusals !== false,
		json: (when.json as AdmissionRules['json'] | undefined) ?? 'auto',
		schema: isJsonObject(schema) ? schema : undefined,
		minLength: readNumber(when.minLength ?? 0, 'Minimum Length'),
		toolResults,
	};
}
