import { isObject } from './json';

/**
 * Reads text that a provider sent: one JSON value, server-sent events, or NDJSON. Lines that are
 * not JSON (`event:`, comments, `[DONE]`) are skipped.
 * @returns the parsed value, a list of events, or null when nothing in it is JSON
 */
export function parseReplyText(text: string): unknown {
	const trimmed = text.trim();
	const whole = tryJson(trimmed);
	if (whole !== undefined) return isObject(whole) || Array.isArray(whole) ? whole : null;
	const events = /^(data|event|id|retry|:)/m.test(trimmed)
		? sseEvents(trimmed)
		: jsonLines(trimmed);
	return events.length === 0 ? null : events;
}

/** Server-sent events; the `data:` lines of one event belong together. */
function sseEvents(text: string): unknown[] {
	const events: unknown[] = [];
	for (const block of text.split(/\r?\n\r?\n/)) {
		const lines = block
			.split(/\r?\n/)
			.filter((line) => line.startsWith('data:'))
			.map((line) => line.slice('data:'.length).trimStart());
		const together = tryJson(lines.join('\n'));
		if (together !== undefined) events.push(together);
		else events.push(...lines.map(tryJson).filter((value) => value !== undefined));
	}
	return events;
}

function jsonLines(text: string): unknown[] {
	return text
		.split(/\r?\n/)
		.map((line) => tryJson(line.trim()))
		.filter((value) => value !== undefined);
}

function tryJson(text: string): unknown {
	if (text === '') return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}
