/** What the stand-in says: text, tokens and tool calls derived from the request, never random. */
const { createHash } = require('node:crypto');

const hash = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Four characters a token: near enough to look real, and the same on every machine. */
const tokens = (value) =>
	Math.max(1, Math.ceil((typeof value === 'string' ? value : JSON.stringify(value)).length / 4));

/** The plain text of a message content, whichever provider's shape it has. */
function textOf(content) {
	if (typeof content === 'string') return content;
	if (Array.isArray(content)) return content.map(textOf).join('');
	if (content && typeof content === 'object') return content.text ?? textOf(content.content ?? '');
	return '';
}

function sampleFor(schema = {}) {
	if (schema.const !== undefined) return schema.const;
	if (Array.isArray(schema.enum)) return schema.enum[0];
	const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
	if (type === 'object' || schema.properties) {
		const names = schema.required ?? Object.keys(schema.properties ?? {});
		return Object.fromEntries(names.map((name) => [name, sampleFor(schema.properties?.[name])]));
	}
	if (type === 'array') return [sampleFor(schema.items)];
	if (type === 'number' || type === 'integer') return 1;
	if (type === 'boolean') return true;
	return 'stand-in';
}

/** Markers in the prompt that make the stand-in end in another way than well. */
const ENDINGS = {
	'[[length]]': 'length',
	'[[content_filter]]': 'content_filter',
	'[[refusal]]': 'refusal',
};

/**
 * Decides what the model "says" to a conversation.
 * `prompt` is the last user text, `tools` are `{ name, schema }`, `jsonSchema` an object where JSON
 * was asked for. Returns `{ text, ending, toolCall }`; `ending` is `stop`, `length`,
 * `content_filter`, `refusal` or `tool`. `[[say:…]]` in the prompt dictates the text.
 */
function answerTo({ request, prompt, tools = [], afterTool = null, jsonSchema = null }) {
	const fingerprint = hash(request).slice(0, 8);
	if (tools.length > 0 && afterTool === null && /use tool/i.test(prompt)) {
		const wanted = tools.find(({ name }) => prompt.includes(name)) ?? tools[0];
		const args = sampleFor({ type: 'object', ...wanted.schema });
		return { text: '', ending: 'tool', toolCall: { id: fingerprint, name: wanted.name, args } };
	}
	const dictated = /\[\[say:(.+?)\]\]/s.exec(prompt);
	if (dictated) return { text: dictated[1], ending: 'stop' };
	const marker = Object.keys(ENDINGS).find((name) => prompt.includes(name));
	const ending = marker ? ENDINGS[marker] : 'stop';
	if (ending === 'refusal') return { text: "I'm sorry, but I can't help with that.", ending };
	if (jsonSchema) {
		const shape = Object.keys(jsonSchema).length > 0 ? sampleFor(jsonSchema) : { answer: prompt };
		return { text: JSON.stringify(shape), ending };
	}
	const about = afterTool === null ? prompt : `tool result ${afterTool}`;
	const text = `Stand-in answer ${fingerprint} to: ${about.slice(0, 120)}`;
	return { text: ending === 'length' ? text.slice(0, 20) : text, ending };
}

/** A unit vector of the words of a text: the more words two texts share, the nearer they are. */
function embeddingOf(text, dimensions) {
	const sum = new Array(dimensions).fill(0);
	for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
		for (let at = 0; at < dimensions; at += 16) {
			const bytes = createHash('sha256').update(`${at}:${word}`).digest();
			const end = Math.min(16, dimensions - at);
			for (let k = 0; k < end; k++) sum[at + k] += bytes.readInt16BE(k * 2) / 32768;
		}
	}
	const length = Math.hypot(...sum) || 1;
	return sum.map((value) => value / length);
}

/** The text in a few pieces, as a stream would bring it; joined they are the text again. */
const piecesOf = (text) => text.match(/\S+\s*/g) ?? [];

/** Remembers prompt prefixes, as providers' own prompt caches do: 0 tokens read the first time. */
function prefixMemory() {
	const seen = new Set();
	return {
		readTokens(prefix, count) {
			const key = hash(prefix);
			const known = seen.has(key);
			if (seen.size > 10_000) seen.clear();
			seen.add(key);
			return known ? count : 0;
		},
	};
}

module.exports = { answerTo, embeddingOf, hash, piecesOf, prefixMemory, textOf, tokens };
