import { createHash } from 'node:crypto';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import type { Json, JsonObject } from '../core/json';
import { defineRequest } from '../core/request/defineRequest';
import { findRequest } from '../core/request/findRequest';
import { withModelAndParameters } from '../core/request/modelAndParameters';
import { once, perItem } from './parameters';

/**
 * Reads the request of each item, as the parameters of `requestProperties` say; throws ConfigError.
 * Only files must be waited for: a promise for every item of a batch would cost more than the reading.
 */
export function requestReader(
	ctx: IExecuteFunctions,
): (item: INodeExecutionData, itemIndex: number) => JsonObject | Promise<JsonObject> {
	const text = (name: string) => perItem<unknown>(ctx, name, '');
	const source = once(ctx, 'source', 'auto') as string;
	const [model, modelParameters] = [text('model'), text('modelParameters')];
	const read = sourceReader(ctx, source);
	return (item, itemIndex) => {
		const request = withModelAndParameters(
			read(item.json as JsonObject, itemIndex),
			String(model(itemIndex) ?? ''),
			modelParameters(itemIndex),
		);
		// Some nodes leave an empty list of files where others leave none.
		const names = item.binary ? Object.keys(item.binary) : [];
		return names.length > 0 ? withFiles(ctx, request, names, itemIndex) : request;
	};
}

function sourceReader(
	ctx: IExecuteFunctions,
	source: string,
): (json: JsonObject, itemIndex: number) => JsonObject {
	const text = (name: string) => perItem<unknown>(ctx, name, '');
	if (source === 'auto') return findRequest;
	if (source === 'define') {
		const [body, messages, prompt, system] = ['body', 'messages', 'prompt', 'systemPrompt'].map(
			text,
		);
		return (_json, i) =>
			defineRequest({
				body: body!(i),
				messages: messages!(i),
				prompt: prompt!(i),
				system: system!(i),
			});
	}
	if (source === 'fields') {
		const [requestField, promptField, systemField] = [
			'requestField',
			'promptField',
			'systemField',
		].map(text);
		return (json, i) => {
			const request = field(json, requestField!(i), 'Request Field');
			const whole = Array.isArray(request) ? { messages: request } : { body: request };
			return defineRequest({
				...whole,
				prompt: field(json, promptField!(i), 'Prompt Field'),
				system: field(json, systemField!(i), 'System Prompt Field'),
			});
		};
	}
	throw new ConfigError(
		`"${source}" is not a source`,
		'Request From',
		'Choose "auto", "fields" or "define".',
	);
}

function field(json: JsonObject, path: unknown, parameter: string): Json | undefined {
	if (typeof path !== 'string' || path.trim() === '') return undefined;
	const value = valueAt(json, path);
	if (value !== undefined) return value;
	throw new ConfigError(
		`The item has no field "${path}"`,
		parameter,
		`The item has: ${Object.keys(json).slice(0, 12).join(', ') || 'no fields'}.`,
	);
}

/** `body.items[0].text`: the notation of n8n's own path parameters. */
function valueAt(json: JsonObject, path: string): Json | undefined {
	let value: Json | undefined = json;
	for (const name of path.split(/[.[\]]+/).filter((part) => part !== '')) {
		if (typeof value !== 'object' || value === null) return undefined;
		value = (value as JsonObject)[name];
	}
	return value;
}

/** Files shape the answer too: they enter the request by the SHA-256 of their bytes. */
async function withFiles(
	ctx: IExecuteFunctions,
	request: JsonObject,
	names: readonly string[],
	itemIndex: number,
): Promise<JsonObject> {
	const files: JsonObject = {};
	for (const name of names) {
		const bytes = await ctx.helpers.getBinaryDataBuffer(itemIndex, name);
		files[name] = createHash('sha256').update(bytes).digest('hex');
	}
	return { ...request, files };
}
