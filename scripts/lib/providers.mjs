/** Which models quickstart calls: the user's own where there are any, else the stand-in. */

const OLLAMA = 'http://127.0.0.1:11434';

/** The first model of this machine's Ollama that can chat, or undefined. */
async function ollamaModel() {
	try {
		const answer = await fetch(`${OLLAMA}/api/tags`, { signal: AbortSignal.timeout(1000) });
		const { models = [] } = await answer.json();
		return models.find(({ name }) => !/embed|minilm|bge/i.test(name))?.name;
	} catch {
		return undefined;
	}
}

const standInAlone = (url) => ({
	namespace: 'stand-in',
	apiKey: 'stand-in',
	settings: {
		smallModelUrl: url,
		smallModel: 'stand-in-small',
		largeModelUrl: `${url}/v1`,
		largeModel: 'stand-in-large',
	},
	lines: [
		`Models: NONE. A stand-in provider of this repository answers on ${url} with made-up text.`,
		'        Set OPENAI_API_KEY or start Ollama, and run quickstart again, for real answers.',
	],
});

const ollamaAlone = (model) => ({
	namespace: 'ollama',
	apiKey: 'ollama',
	settings: {
		smallModelUrl: OLLAMA,
		smallModel: model,
		largeModelUrl: `${OLLAMA}/v1`,
		largeModel: model,
	},
	lines: [`Models: ${model} on this machine's Ollama (set OPENAI_API_KEY for a larger one).`],
});

function withKey(apiKey, model) {
	const url = process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1';
	const named = process.env.OPENAI_MODEL;
	const large = named ? { largeModelUrl: url, largeModel: named } : { largeModelUrl: url };
	const small = model
		? { smallModelUrl: OLLAMA, smallModel: model }
		: // Without Ollama no prompt is short enough for the small model.
			{ smallUpToCharacters: 0 };
	return {
		namespace: 'default',
		apiKey,
		settings: { ...small, ...large },
		lines: [
			`Large model: ${named ?? "the template's"} at ${url}, with your OPENAI_API_KEY.`,
			model ? `Small model: ${model} on this machine's Ollama.` : 'Small model: none (no Ollama).',
		],
	};
}

/**
 * Looks for an OpenAI key in the environment (OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL) and for
 * an Ollama on this machine. `standIn()` starts the stand-in; it is called only where neither is.
 * Resolves to `{ settings, apiKey, namespace, lines }`: the templates' variables, the key for the
 * OpenAI credential, a namespace apart for made-up answers, and lines that tell what is used.
 */
export async function chooseProviders(standIn) {
	const model = await ollamaModel();
	if (process.env.OPENAI_API_KEY) return withKey(process.env.OPENAI_API_KEY, model);
	return model ? ollamaAlone(model) : standInAlone(await standIn());
}
