import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { plainFields } from './plainJson';

/** What a chat model says of itself, as it stands; secrets and clients are sorted out here. */
export interface ModelFacts {
	/** Kind of the model's class, such as `openai` or `chat-anthropic`. */
	type: string;
	model: string | undefined;
	baseUrl: string | undefined;
	/** Parameters of the wire request for this call. */
	invocation: Record<string, unknown>;
	/** Fields the model was made with. */
	settings: Record<string, unknown>;
	/** Options of this call. */
	call: Record<string, unknown>;
}

/** Fields that hold secrets, or name who is billed. */
const SECRET =
	/(api|access|secret|private|service|subscription)[_-]?key|token$|^auth|secret|password|credential|authorization|headers$|organization|^project$/i;

/** How a call is made and watched, as opposed to what is asked. */
const MACHINERY = new Set([
	'betas',
	'cache',
	'callbacks',
	'client_config',
	'client_options',
	'configurable',
	'configuration',
	'disable_streaming',
	'http_agent',
	'http_client',
	'lc_kwargs',
	'ls_structured_output_format',
	'max_concurrency',
	'max_retries',
	'metadata',
	'model_name',
	'options',
	'output_version',
	'prompt_index',
	'prompt_cache_key',
	'prompt_cache_retention',
	'recursion_limit',
	'run_id',
	'run_name',
	'signal',
	'store',
	'stream_usage',
	'streaming',
	'supports_strict_tool_calling',
	'tags',
	'timeout',
	'use_responses_api',
	'verbose',
	'zdr_enabled',
]);

const isSecret = (name: string): boolean => SECRET.test(snakeCase(name)) || SECRET.test(name);
const isKept = (name: string): boolean => !isSecret(name);
const isSetting = (name: string): boolean => !isSecret(name) && !MACHINERY.has(snakeCase(name));

/**
 * The request of one call to a chat model, flat as a provider would take it, so that a miss can be explained by
 * its fields. Secrets, HTTP clients, callbacks and the way the call travels are left out.
 */
export function chatRequest(facts: ModelFacts, messages: JsonObject[]): JsonObject {
	const wire = plainFields(facts.invocation, isKept);
	const { options: nested, ...direct } = wire;
	const settings = spread(plainFields(facts.settings, isSetting));
	const call = plainFields(
		facts.call,
		(name) => isSetting(name) && !(name === 'tools' && wire.tools),
	);
	const request: JsonObject = {
		...withoutAliases(settings, direct),
		...withoutAliases(call, direct),
		...(isJsonObject(nested) ? nested : {}),
		...direct,
		provider: facts.type,
		messages,
	};
	const model = facts.model ?? request.model;
	if (model !== undefined) request.model = model;
	const baseUrl = facts.baseUrl?.replace(/\/+$/, '');
	if (baseUrl) request.base_url = baseUrl;
	return request;
}

/** Extra parameters that a class takes in one object go to the wire one by one. */
function spread(settings: JsonObject): JsonObject {
	const { model_kwargs: model, invocation_kwargs: invocation, ...rest } = settings;
	return {
		...rest,
		...(isJsonObject(model) ? model : {}),
		...(isJsonObject(invocation) ? invocation : {}),
	};
}

/** The plain settings of a class, in snake case, without secrets, clients and the way calls travel. */
export function settingsOf(instance: Record<string, unknown>): JsonObject {
	return withoutAliases(plainFields(instance, isSetting), {});
}

/** Settings that the wire request does not carry under the same name, spelt either way. */
function withoutAliases(settings: JsonObject, wire: JsonObject): JsonObject {
	const known = new Set(Object.keys(wire).map(snakeCase));
	const entries = Object.entries(settings).filter(([name]) => !known.has(snakeCase(name)));
	return Object.fromEntries(
		entries.map(([name, value]): [string, Json] => [snakeCase(name), value]),
	);
}

function snakeCase(name: string): string {
	return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
