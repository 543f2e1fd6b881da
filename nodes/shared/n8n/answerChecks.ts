import type { INodeProperties } from 'n8n-workflow';
import { jsonAskedFor, schemaCheck, type SchemaCheck } from '../core/answer/jsonDemand';
import type { AnswerChecks } from '../core/cascade/validateAnswer';
import { ConfigError } from '../core/errors';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { parseJson } from '../core/request/findRequest';
import { jsonDemand, jsonSchema } from './answerConditions';
import { readNumber } from './readNumber';

/** What a small model's answer must be, else the large model is asked: the options of the collection "The Answer Must". */
export const answerCheckProperties: INodeProperties[] = [
	{
		displayName: 'Be at Least This Long (Characters)',
		name: 'minLength',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 1,
		description: 'Shorter answers are not accepted. An empty one never is.',
	},
	{
		displayName: 'Be at Most This Long (Characters)',
		name: 'maxLength',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 2000,
		description: 'Longer answers are not accepted',
	},
	{
		...jsonDemand,
		displayName: 'Be JSON',
		description: 'Whether the answer must be valid JSON; a code fence around it does no harm',
	},
	{
		displayName: 'Be One of These Labels',
		name: 'labels',
		type: 'string',
		default: '',
		placeholder: 'e.g. positive, negative, neutral',
		description:
			'The only answers that are accepted, separated by commas. Letter case, quotes and a full stop do not matter.',
	},
	{
		displayName: 'Be Sure of Its Words (Log-Probability)',
		name: 'minMeanLogProb',
		type: 'number',
		typeOptions: { minValue: -10, maxValue: 0, numberPrecision: 2 },
		default: -0.8,
		description:
			'Least mean log-probability per token, where the model reports any: -0.1 is very sure, -1 is guessing. An answer without them is not judged by this.',
	},
	{
		...jsonSchema,
		displayName: 'Fit This JSON Schema',
		description: 'The answer must be JSON that fits this schema',
	},
	{
		displayName: 'Match This Pattern',
		name: 'pattern',
		type: 'string',
		default: '',
		placeholder: 'e.g. ^\\d{4}-\\d{2}-\\d{2}$',
		description: 'Regular expression that the answer must match; letter case does not matter',
	},
	{
		displayName: 'Not Say "I Do Not Know"',
		name: 'refuseUnsure',
		type: 'boolean',
		default: true,
		description:
			'Whether answers in which the model says that it does not know or cannot help are not accepted, in English, French, German and Spanish',
	},
];

/** The collection as n8n hands it over. */
export type AnswerCheckValues = Partial<Record<string, unknown>>;

/**
 * Makes checks of the parameters.
 * @param request what the small model was asked, where it is known: it may ask for JSON itself
 * @throws ConfigError where a pattern, a schema or a number is not usable
 */
export function readAnswerChecks(values: AnswerCheckValues, request?: JsonObject): AnswerChecks {
	const own = schemaOf(values.schema);
	const asked =
		(values.json ?? 'auto') === 'auto' && request !== undefined ? jsonAskedFor(request) : undefined;
	const labels = names(values.labels);
	return {
		json: values.json === 'always' || asked !== undefined,
		schema: own ?? (asked?.schema && requestedSchema(asked.schema)),
		labels: labels.length > 0 ? labels : undefined,
		pattern: patternOf(values.pattern),
		minChars: numberOf(values.minLength, 'Be at Least This Long'),
		maxChars: numberOf(values.maxLength, 'Be at Most This Long'),
		refuseUnsure: values.refuseUnsure !== false,
		minMeanLogProb: numberOf(values.minMeanLogProb, 'Be Sure of Its Words'),
	};
}

/** The schema is the request's: a dialect that only its provider knows is no reason to fail. */
function requestedSchema(schema: JsonObject): SchemaCheck | undefined {
	try {
		return schemaCheck(schema);
	} catch (error) {
		if (error instanceof ConfigError) return undefined;
		throw error;
	}
}

function schemaOf(given: unknown): SchemaCheck | undefined {
	const parsed =
		typeof given === 'string' && given.trim() !== '' ? parseJson(given, 'JSON Schema') : given;
	if (parsed === undefined || parsed === null || parsed === '') return undefined;
	if (!isJsonObject(parsed)) {
		throw new ConfigError('The JSON schema is no object', 'JSON Schema', 'Give a JSON object.');
	}
	return schemaCheck(parsed);
}

function patternOf(given: unknown): RegExp | undefined {
	if (typeof given !== 'string' || given === '') return undefined;
	try {
		return new RegExp(given, 'iu');
	} catch {
		throw new ConfigError(
			`"${given}" is no regular expression`,
			'Match This Pattern',
			'Write a regular expression, e.g. ^(yes|no)$.',
		);
	}
}

function numberOf(given: unknown, parameter: string): number | undefined {
	if (given === undefined || given === null || given === '') return undefined;
	return readNumber(given, parameter, Number.NEGATIVE_INFINITY);
}

function names(list: unknown): string[] {
	const all = Array.isArray(list) ? list.map(String) : String(list ?? '').split(',');
	return all.map((name) => name.trim()).filter((name) => name !== '');
}
