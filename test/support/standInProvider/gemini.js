/** Gemini generateContent and streamGenerateContent (as server-sent events or as a JSON array). */
const { answerTo, piecesOf, textOf, tokens } = require('./answers.js');

const FINISH = { stop: 'STOP', tool: 'STOP', length: 'MAX_TOKENS', refusal: 'SAFETY' };

function generate(body, { params, query }) {
	const [model, method] = params;
	const contents = body.contents ?? [];
	const result = contents.at(-1)?.parts?.find((part) => part.functionResponse);
	const declared = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
	const config = body.generationConfig ?? {};
	const answer = answerTo({
		request: { model, ...body },
		prompt: textOf(contents.filter(({ role }) => role !== 'model').at(-1)?.parts ?? ''),
		tools: declared.map(({ name, parameters }) => ({ name, schema: parameters })),
		afterTool: result ? JSON.stringify(result.functionResponse.response) : null,
		jsonSchema:
			config.responseMimeType === 'application/json' ? (config.responseSchema ?? {}) : null,
	});
	const input = tokens(contents) + tokens(body.systemInstruction ?? '');
	const output = answer.text ? tokens(answer.text) : 12;
	const frameOf = (parts, finishReason) => ({
		candidates: [{ content: { role: 'model', parts }, index: 0, ...finishReason }],
		usageMetadata: {
			promptTokenCount: input,
			candidatesTokenCount: output,
			totalTokenCount: input + output,
		},
		modelVersion: model,
	});
	const finish = { finishReason: FINISH[answer.ending] ?? 'SAFETY' };
	const call = answer.toolCall;
	const parts = call
		? [{ functionCall: { name: call.name, args: call.args } }]
		: [{ text: answer.text }];
	if (method === 'generateContent') return { json: frameOf(parts, finish) };
	const pieces = call ? [parts] : piecesOf(answer.text).map((text) => [{ text }]);
	const frames = pieces.map((piece, at) => frameOf(piece, at === pieces.length - 1 ? finish : {}));
	if (query.get('alt') !== 'sse') return { json: frames };
	return { sse: frames.map((data) => `data: ${JSON.stringify(data)}\r\n\r\n`) };
}

module.exports = {
	patterns: [
		[/^POST \/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/, generate],
	],
};
