import { ConfigError } from '../errors';
import type { JsonObject } from '../json';
import { isJsonObject } from '../json';
import { parseJson } from './findRequest';

/**
 * Adds model and parameters where the request does not name them itself.
 * @param modelParameters an object or its JSON text
 * @throws ConfigError where `modelParameters` is not a JSON object
 */
export function withModelAndParameters(
	request: JsonObject,
	model: string,
	modelParameters: unknown,
): JsonObject {
	// What the field begins with; a batch need not parse it thousands of times.
	if (modelParameters === '{}' && model === '') return request;
	const extra =
		typeof modelParameters === 'string' && modelParameters.trim() !== ''
			? parseJson(modelParameters, 'Model Parameters')
			: modelParameters;
	const hasExtra = extra !== undefined && extra !== null && extra !== '';
	if (hasExtra && !isJsonObject(extra)) {
		throw new ConfigError(
			'"Model Parameters" must be a JSON object',
			'Model Parameters',
			'e.g. {"temperature":0.2}',
		);
	}
	if (!hasExtra && model === '') return request;
	return {
		...(model === '' ? {} : { model }),
		...(hasExtra ? (extra as JsonObject) : {}),
		...request,
	};
}
