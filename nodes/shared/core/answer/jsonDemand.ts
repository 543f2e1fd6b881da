import Ajv from 'ajv';
import { ConfigError } from '../errors';
import type { JsonObject } from '../json';
import { isJsonObject } from '../json';

/** Whether a request asks for JSON, and the schema it names: OpenAI (chat, responses), Anthropic, Gemini, Ollama. */
export function jsonAskedFor(request: JsonObject): { schema?: JsonObject } | undefined {
	const { response_format: chat, text, output_format: anthropic, format: ollama } = request;
	const responses = isJsonObject(text) ? text.format : undefined;
	for (const wanted of [chat, responses, anthropic]) {
		if (!isJsonObject(wanted)) continue;
		if (wanted.type === 'json_object') return {};
		if (wanted.type !== 'json_schema') continue;
		const { schema } = isJsonObject(wanted.json_schema) ? wanted.json_schema : wanted;
		return { schema: isJsonObject(schema) ? schema : undefined };
	}
	if (ollama === 'json') return {};
	if (isJsonObject(ollama)) return { schema: ollama };
	const { generationConfig: gemini } = request;
	if (!isJsonObject(gemini)) return undefined;
	const mime = gemini.responseMimeType ?? gemini.response_mime_type;
	return mime === 'application/json' ? {} : undefined;
}

/** Says of a value what violates a schema, or null. */
export type SchemaCheck = (value: unknown) => string | null;

/**
 * Prepares a JSON schema (draft-07).
 * @throws ConfigError where the schema itself is not usable
 */
export function schemaCheck(schema: JsonObject): SchemaCheck {
	const ajv = new Ajv({ strict: false, allErrors: false, logger: false });
	try {
		const validate = ajv.compile(schema);
		return (value) => (validate(value) ? null : ajv.errorsText(validate.errors));
	} catch (error) {
		throw new ConfigError(
			`The JSON schema cannot be used: ${error instanceof Error ? error.message : String(error)}`,
			'JSON Schema',
			'Check it against JSON Schema draft-07.',
		);
	}
}
