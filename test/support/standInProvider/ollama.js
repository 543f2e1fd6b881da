/** Ollama: chat and generate (NDJSON streams by default, as Ollama has it), embed, tags, version. */
const { answerTo, embeddingOf, hash, piecesOf, textOf, tokens } = require('./answers.js');

const CREATED_AT = '2026-01-01T00:00:00.000000Z';

const durations = (input, output) => ({
	total_duration: 120_000_000 + output * 20_000_000,
	load_duration: 20_000_000,
	prompt_eval_count: input,
	prompt_eval_duration: 100_000_000,
	eval_count: output,
	eval_duration: output * 20_000_000,
});

const jsonSchemaOf = (format) => {
	if (format === 'json') return {};
	return format && typeof format === 'object' ? format : null;
};

/** The pieces of a stream, or the whole, where `part(piece)` gives the field that holds text. */
function reply(body, answer, part, input) {
	const base = { model: body.model ?? 'stand-in', created_at: CREATED_AT };
	const end = {
		done: true,
		done_reason: answer.ending === 'length' ? 'length' : 'stop',
		...durations(input, answer.text ? tokens(answer.text) : 12),
	};
	if (body.stream === false) return { json: { ...base, ...part(answer.text, true), ...end } };
	const lines = piecesOf(answer.text).map((text) => ({
		...base,
		...part(text, false),
		done: false,
	}));
	return { ndjson: [...lines, { ...base, ...part('', true), ...end }] };
}

function chat(body) {
	const messages = body.messages ?? [];
	const last = messages.at(-1) ?? {};
	const answer = answerTo({
		request: { ...body, stream: undefined },
		prompt: textOf(messages.filter(({ role }) => role === 'user').at(-1)?.content ?? ''),
		tools: (body.tools ?? []).map((tool) => ({
			name: tool.function?.name,
			schema: tool.function?.parameters,
		})),
		afterTool: last.role === 'tool' ? textOf(last.content) : null,
		jsonSchema: jsonSchemaOf(body.format),
	});
	const calls = answer.toolCall && [
		{ function: { name: answer.toolCall.name, arguments: answer.toolCall.args } },
	];
	const part = (content, atEnd) => ({
		message: { role: 'assistant', content, ...(calls && atEnd ? { tool_calls: calls } : {}) },
	});
	return reply(body, answer, part, tokens(messages));
}

function generate(body) {
	const prompt = body.prompt ?? '';
	const answer = answerTo({
		request: { ...body, stream: undefined },
		prompt,
		jsonSchema: jsonSchemaOf(body.format),
	});
	return reply(body, answer, (response) => ({ response }), tokens(prompt));
}

function embed(body) {
	const inputs = Array.isArray(body.input) ? body.input : [body.input ?? ''];
	return {
		json: {
			model: body.model ?? 'stand-in',
			embeddings: inputs.map((text) => embeddingOf(text, body.dimensions ?? 384)),
			total_duration: 14_000_000,
			load_duration: 1_000_000,
			prompt_eval_count: tokens(inputs.join(' ')),
		},
	};
}

function tags() {
	const row = (name) => ({
		name,
		model: name,
		modified_at: CREATED_AT,
		size: 1,
		digest: hash(name),
	});
	return { json: { models: [row('stand-in-small:latest')] } };
}

module.exports = {
	routes: {
		'POST /api/chat': chat,
		'POST /api/generate': generate,
		'POST /api/embed': embed,
		'GET /api/tags': tags,
		'GET /api/version': () => ({ json: { version: '0.0.0-stand-in' } }),
	},
};
