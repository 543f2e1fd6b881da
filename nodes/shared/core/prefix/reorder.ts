import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { isVolatile } from './cause';
import { messagesOf } from './outline';
import type { CachingRule } from './rules';

/** A request with its stable part first, and what was changed in it. */
export interface ReorderedRequest {
	request: JsonObject;
	changes: string[];
}

const systemRoles = ['system', 'developer'];

/**
 * Puts what stays the same first: tools by name, and lines of the system prompt with a date, an id or
 * an address after the rest. Nothing is left out or reworded. Where it pays, the provider's mark is
 * set: `cache_control` after the stable part (Anthropic), or `prompt_cache_key` (OpenAI, Mistral).
 */
export function reorderRequest(
	request: JsonObject,
	rule: CachingRule,
	options: { mark: boolean; key: string },
): ReorderedRequest {
	const changes: string[] = [];
	let changed = sortTools(request, changes);
	changed =
		changed.system === undefined
			? splitSystemMessage(changed, changes)
			: splitSystemField(changed, rule, options.mark, changes);
	if (options.mark && rule.how === 'key' && changed.prompt_cache_key === undefined) {
		changed = { ...changed, prompt_cache_key: options.key };
		changes.push('prompt_cache_key set');
	}
	return { request: changed, changes };
}

function sortTools(request: JsonObject, changes: string[]): JsonObject {
	if (!Array.isArray(request.tools)) return request;
	const sorted = [...request.tools].sort((a, b) => compare(toolName(a), toolName(b)));
	if (sorted.every((tool, index) => tool === (request.tools as Json[])[index])) return request;
	changes.push('tools sorted by name');
	return { ...request, tools: sorted };
}

function toolName(tool: Json): string {
	if (!isJsonObject(tool)) return '';
	const inner = isJsonObject(tool.function) ? tool.function.name : tool.name;
	return typeof inner === 'string' ? inner : '';
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** Anthropic: the system prompt becomes blocks, the stable one marked, the rest after it. */
function splitSystemField(
	request: JsonObject,
	rule: CachingRule,
	mark: boolean,
	changes: string[],
): JsonObject {
	if (typeof request.system !== 'string') return request;
	const { stable, moved } = split(request.system);
	const marks = mark && rule.how === 'breakpoint';
	if (stable === '' || (moved === '' && !marks)) return request;
	if (moved !== '') changes.push('changing lines of the system prompt moved behind the rest');
	if (marks) changes.push('cache_control set after the stable part');
	const block: JsonObject = { type: 'text', text: stable };
	if (marks) block.cache_control = { type: 'ephemeral' };
	return { ...request, system: moved === '' ? [block] : [block, { type: 'text', text: moved }] };
}

/** OpenAI and others: the changing lines become a message of their own before the last one. */
function splitSystemMessage(request: JsonObject, changes: string[]): JsonObject {
	const { name, list } = messagesOf(request);
	const first = list[0];
	if (!isJsonObject(first) || !systemRoles.includes(String(first.role))) return request;
	if (typeof first.content !== 'string' || list.length < 2) return request;
	const { stable, moved } = split(first.content);
	if (stable === '' || moved === '') return request;
	changes.push('changing lines of the system prompt moved before the last message');
	const middle = list.slice(1, -1);
	const last = list.at(-1) as Json;
	return {
		...request,
		[name]: [{ ...first, content: stable }, ...middle, { ...first, content: moved }, last],
	};
}

function split(text: string): { stable: string; moved: string } {
	const lines = text.split('\n');
	return {
		stable: lines
			.filter((line) => !isVolatile(line))
			.join('\n')
			.trim(),
		moved: lines.filter(isVolatile).join('\n').trim(),
	};
}
