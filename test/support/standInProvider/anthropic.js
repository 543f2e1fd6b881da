/** Anthropic Messages: JSON and server-sent events, prompt caching by cache_control. */
const { answerTo, hash, piecesOf, textOf, tokens } = require('./answers.js');

const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const STOP = { stop: 'end_turn', length: 'max_tokens', tool: 'tool_use', refusal: 'refusal' };

/** The blocks up to the last cache_control, in the order the provider uses. */
function markedPrefix(body) {
	const system = Array.isArray(body.system) ? body.system : [];
	const blocks = [
		...(body.tools ?? []),
		...system,
		...(body.messages ?? []).flatMap(({ content }) => (Array.isArray(content) ? content : [])),
	];
	const last = blocks.findLastIndex((block) => block.cache_control);
	return last < 0 ? null : { blocks: blocks.slice(0, last + 1), mark: blocks[last].cache_control };
}

function usageOf(body, answer, prefixes) {
	const total = tokens(body.messages ?? []) + tokens(body.system ?? '') + tokens(body.tools ?? '');
	const marked = markedPrefix(body);
	const size = marked ? Math.min(total, tokens(marked.blocks)) : 0;
	const cacheable = size >= 1024 ? size : 0;
	const read = cacheable && prefixes.readTokens([body.model, marked.blocks], cacheable);
	const written = cacheable - read;
	const hour = marked?.mark.ttl === '1h';
	return {
		input_tokens: total - cacheable,
		cache_creation_input_tokens: written,
		cache_read_input_tokens: read,
		cache_creation: {
			ephemeral_5m_input_tokens: hour ? 0 : written,
			ephemeral_1h_input_tokens: hour ? written : 0,
		},
		output_tokens: answer.text ? tokens(answer.text) : 12,
		service_tier: 'standard',
	};
}

function messages(body, { prefixes }) {
	const turns = body.messages ?? [];
	const last = turns.at(-1) ?? {};
	const result = Array.isArray(last.content)
		? last.content.find(({ type }) => type === 'tool_result')
		: undefined;
	const answer = answerTo({
		request: { ...body, stream: undefined },
		prompt: textOf(turns.filter(({ role }) => role === 'user').at(-1)?.content ?? ''),
		tools: (body.tools ?? []).map((tool) => ({ name: tool.name, schema: tool.input_schema })),
		afterTool: result ? textOf(result.content) : null,
	});
	const usage = usageOf(body, answer, prefixes);
	const block = answer.toolCall
		? {
				type: 'tool_use',
				id: `toolu_${answer.toolCall.id}`,
				name: answer.toolCall.name,
				input: answer.toolCall.args,
			}
		: { type: 'text', text: answer.text };
	const message = {
		id: `msg_${hash(body).slice(0, 24)}`,
		type: 'message',
		role: 'assistant',
		model: body.model ?? 'stand-in',
		content: [block],
		stop_reason: STOP[answer.ending] ?? 'end_turn',
		stop_sequence: null,
		usage,
	};
	if (!body.stream) return { json: message };
	const empty = answer.toolCall ? { ...block, input: {} } : { type: 'text', text: '' };
	const deltas = answer.toolCall
		? [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]
		: piecesOf(answer.text).map((text) => ({ type: 'text_delta', text }));
	const start = {
		...message,
		content: [],
		stop_reason: null,
		usage: { ...usage, output_tokens: 1 },
	};
	return {
		sse: [
			{ type: 'message_start', message: start },
			{ type: 'content_block_start', index: 0, content_block: empty },
			...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
			{ type: 'content_block_stop', index: 0 },
			{
				type: 'message_delta',
				delta: { stop_reason: message.stop_reason, stop_sequence: null },
				usage: { output_tokens: usage.output_tokens },
			},
			{ type: 'message_stop' },
		].map(event),
	};
}

module.exports = { routes: { 'POST /v1/messages': messages } };
