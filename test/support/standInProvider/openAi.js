/** OpenAI shapes: chat completions, responses, embeddings, models; JSON and server-sent events. */
const { answerTo, embeddingOf, hash, piecesOf, textOf, tokens } = require('./answers.js');

const CREATED = 1_760_000_000;
const frame = (data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const event = (data) => `event: ${data.type}\n${frame(data)}`;

const lastUserText = (messages) =>
	textOf(messages.filter(({ role }) => role === 'user').at(-1)?.content ?? '');

function jsonSchemaOf(format) {
	if (format?.type === 'json_schema') return format.json_schema?.schema ?? format.schema ?? {};
	return format?.type === 'json_object' ? {} : null;
}

function chatUsage(body, text, prefixes) {
	const messages = body.messages ?? [];
	const input = tokens(messages) + (body.tools ? tokens(body.tools) : 0);
	const output = text ? tokens(text) : 12;
	// Providers read the longest beginning they have seen; here it is made of whole messages.
	const cached = messages.slice(0, -1).map((_message, at) => {
		const beginning = [body.model, body.tools ?? [], messages.slice(0, at + 1)];
		const cacheable = input < 1024 ? 0 : Math.floor(tokens(beginning) / 128) * 128;
		return Math.min(input, cacheable && prefixes.readTokens(beginning, cacheable));
	});
	return {
		prompt_tokens: input,
		completion_tokens: output,
		total_tokens: input + output,
		prompt_tokens_details: { cached_tokens: Math.max(0, ...cached), audio_tokens: 0 },
		completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
	};
}

function chat(body, { prefixes }) {
	const messages = Array.isArray(body.messages) ? body.messages : null;
	if (!messages) {
		return { status: 400, json: { error: { message: "'messages' must be an array", code: null } } };
	}
	const last = messages.at(-1) ?? {};
	const answer = answerTo({
		request: { ...body, stream: undefined, stream_options: undefined },
		prompt: lastUserText(messages),
		tools: (body.tools ?? []).map((t) => ({
			name: t.function?.name,
			schema: t.function?.parameters,
		})),
		afterTool: last.role === 'tool' ? textOf(last.content) : null,
		jsonSchema: jsonSchemaOf(body.response_format),
	});
	const id = `chatcmpl-${hash(body).slice(0, 24)}`;
	const usage = chatUsage(body, answer.text, prefixes);
	const toolCalls = answer.toolCall && [
		{
			id: `call_${answer.toolCall.id}`,
			type: 'function',
			function: {
				name: answer.toolCall.name,
				arguments: JSON.stringify(answer.toolCall.args),
			},
		},
	];
	const refused = answer.ending === 'refusal';
	const finish = toolCalls ? 'tool_calls' : refused ? 'stop' : answer.ending;
	const base = {
		id,
		created: CREATED,
		model: body.model ?? 'stand-in',
		system_fingerprint: 'fp_0',
	};
	if (body.stream) {
		return { sse: chatFrames({ ...base, object: 'chat.completion.chunk' }) };
	}
	const message = { role: 'assistant', content: toolCalls || refused ? null : answer.text };
	message.refusal = refused ? answer.text : null;
	if (toolCalls) message.tool_calls = toolCalls;
	const choice = { index: 0, message, logprobs: null, finish_reason: finish };
	return { json: { ...base, object: 'chat.completion', choices: [choice], usage } };

	function chatFrames(chunk) {
		const withUsage = body.stream_options?.include_usage === true;
		const of = (delta, finishReason = null) =>
			frame({
				...chunk,
				choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
				...(withUsage ? { usage: null } : {}),
			});
		const ofMistral = () => {
			const choice = { index: 0, delta: { content: '' }, finish_reason: finish };
			return frame({ ...chunk, choices: [choice], usage });
		};
		return [
			of({ role: 'assistant', content: toolCalls ? null : '' }),
			...(toolCalls
				? [of({ tool_calls: toolCalls.map((call, index) => ({ index, ...call })) })]
				: piecesOf(answer.text).map((piece) =>
						of(refused ? { refusal: piece } : { content: piece }),
					)),
			// Mistral sends the usage unasked, in the event that has the finish reason.
			...(/^(mi|codes|magi)stral/.test(base.model) ? [ofMistral()] : [of({}, finish)]),
			...(withUsage ? [frame({ ...chunk, choices: [], usage })] : []),
			frame('[DONE]'),
		];
	}
}

function responses(body) {
	const input =
		typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
	const items = input ?? [];
	const last = items.at(-1) ?? {};
	const answer = answerTo({
		request: { ...body, stream: undefined },
		prompt: lastUserText(items),
		tools: (body.tools ?? []).map((t) => ({ name: t.name, schema: t.parameters })),
		afterTool: last.type === 'function_call_output' ? textOf(last.output) : null,
		jsonSchema: jsonSchemaOf(body.text?.format),
	});
	const id = hash(body).slice(0, 24);
	const inputTokens = tokens(items) + tokens(body.instructions ?? '');
	const outputTokens = answer.text ? tokens(answer.text) : 12;
	const content =
		answer.ending === 'refusal'
			? { type: 'refusal', refusal: answer.text }
			: { type: 'output_text', text: answer.text, annotations: [] };
	const output = answer.toolCall
		? {
				id: `fc_${id}`,
				type: 'function_call',
				status: 'completed',
				call_id: `call_${answer.toolCall.id}`,
				name: answer.toolCall.name,
				arguments: JSON.stringify(answer.toolCall.args),
			}
		: {
				id: `msg_${id}`,
				type: 'message',
				status: 'completed',
				role: 'assistant',
				content: [content],
			};
	const cut = answer.ending === 'length';
	const response = {
		id: `resp_${id}`,
		object: 'response',
		created_at: CREATED,
		status: cut ? 'incomplete' : 'completed',
		incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
		model: body.model ?? 'stand-in',
		output: [output],
		parallel_tool_calls: true,
		tools: body.tools ?? [],
		usage: {
			input_tokens: inputTokens,
			input_tokens_details: { cached_tokens: 0 },
			output_tokens: outputTokens,
			output_tokens_details: { reasoning_tokens: 0 },
			total_tokens: inputTokens + outputTokens,
		},
	};
	if (!body.stream) return { json: response };
	const at = { item_id: output.id, output_index: 0 };
	const empty = { ...output, ...(output.content ? { content: [] } : { arguments: '' }) };
	const deltas = output.content
		? [
				{
					type: 'response.content_part.added',
					...at,
					content_index: 0,
					part: { ...content, text: '' },
				},
				...piecesOf(answer.text).map((delta) => ({
					type: 'response.output_text.delta',
					...at,
					content_index: 0,
					delta,
				})),
				{ type: 'response.output_text.done', ...at, content_index: 0, text: answer.text },
				{ type: 'response.content_part.done', ...at, content_index: 0, part: content },
			]
		: [
				{ type: 'response.function_call_arguments.delta', ...at, delta: output.arguments },
				{ type: 'response.function_call_arguments.done', ...at, arguments: output.arguments },
			];
	const events = [
		{ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
		{ type: 'response.output_item.added', output_index: 0, item: empty },
		...deltas,
		{ type: 'response.output_item.done', output_index: 0, item: output },
		{ type: cut ? 'response.incomplete' : 'response.completed', response },
	];
	return { sse: events.map((data, number) => event({ ...data, sequence_number: number })) };
}

function embeddings(body) {
	const inputs = Array.isArray(body.input) ? body.input : [body.input ?? ''];
	const dimensions = body.dimensions ?? 1536;
	const encode = (text) => {
		const vector = embeddingOf(typeof text === 'string' ? text : JSON.stringify(text), dimensions);
		if (body.encoding_format !== 'base64') return vector;
		return Buffer.from(new Float32Array(vector).buffer).toString('base64');
	};
	const count = tokens(inputs.join(' '));
	return {
		json: {
			object: 'list',
			data: inputs.map((text, index) => ({ object: 'embedding', index, embedding: encode(text) })),
			model: body.model ?? 'stand-in-embedding',
			usage: { prompt_tokens: count, total_tokens: count },
		},
	};
}

function models() {
	const ids = ['stand-in-small', 'stand-in-large', 'gpt-4o-mini', 'text-embedding-3-small'];
	const row = (id) => ({ id, object: 'model', created: CREATED, owned_by: 'stand-in' });
	return { json: { object: 'list', data: ids.map(row) } };
}

module.exports = {
	routes: {
		'POST /v1/chat/completions': chat,
		'POST /v1/responses': responses,
		'POST /v1/embeddings': embeddings,
		'GET /v1/models': models,
	},
};
