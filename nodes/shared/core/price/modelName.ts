/** A provider's name in the price tables, or null to let the model's name decide. */
export interface ModelCandidate {
	provider: string | null;
	model: string;
}

/** Prefixes of LiteLLM and OpenRouter, and what the price tables call that provider. */
const providerNames: Record<string, string> = {
	openai: 'openai',
	'text-completion-openai': 'openai',
	chatgpt: 'openai',
	azure: 'azure',
	azure_ai: 'azure',
	azure_text: 'azure',
	anthropic: 'anthropic',
	google: 'google',
	gemini: 'google',
	vertex_ai: 'google',
	vertex_ai_beta: 'google',
	bedrock: 'aws',
	bedrock_converse: 'aws',
	amazon: 'aws',
	aws: 'aws',
	mistral: 'mistral',
	mistralai: 'mistral',
	groq: 'groq',
	xai: 'x-ai',
	'x-ai': 'x-ai',
	deepseek: 'deepseek',
	openrouter: 'openrouter',
	together: 'together',
	together_ai: 'together',
	fireworks: 'fireworks',
	fireworks_ai: 'fireworks',
	perplexity: 'perplexity',
	cohere: 'cohere',
	cohere_chat: 'cohere',
	moonshot: 'moonshotai',
	moonshotai: 'moonshotai',
	cerebras: 'cerebras',
	minimax: 'minimax',
	zai: 'zai',
	'z-ai': 'zai',
	ollama: 'ollama',
	ollama_chat: 'ollama',
};

const bedrockId =
	/^(?:(?:us|eu|apac|jp|au|ca|sa|in|global|us-gov)\.)?(?:anthropic|amazon|meta|mistral|cohere|deepseek|ai21|openai|qwen|google|nvidia|writer|minimax|moonshot|zai)\.[a-z]/;

/** The price tables' name of a provider, whatever it was called. */
export function providerName(name: string | null): string | null {
	if (name === null || name.trim() === '') return null;
	const plain = name.trim().toLowerCase();
	return providerNames[plain] ?? plain;
}

/**
 * The names under which a model may stand in a price table, surest first: as given, then without
 * the prefixes of gateways (`openrouter/`, `bedrock/us-east-1/`, `models/`), OpenRouter's variant
 * (`:nitro`), and at last without its date, since a new snapshot is priced like its line.
 */
export function modelCandidates(provider: string | null, model: string): ModelCandidate[] {
	const found: ModelCandidate[] = [];
	const add = (owner: string | null, name: string): void => {
		if (name === '' || found.some((c) => c.provider === owner && c.model === name)) return;
		found.push({ provider: owner, model: name });
	};
	const walk = (owner: string | null, name: string): void => {
		if (bedrockId.test(name) && (owner === null || owner === 'anthropic' || owner === 'aws')) {
			add('aws', name);
			return;
		}
		add(owner, name);
		if (owner === null) add(houseOf(name), name);
		if (owner === 'azure') add('openai', name);
		const slash = name.indexOf('/');
		if (slash < 0) return;
		const prefix = providerNames[name.slice(0, slash).toLowerCase()];
		const rest = name.slice(slash + 1);
		if (prefix !== undefined) walk(prefix, rest);
		// bedrock/us-east-1/anthropic.…, bedrock/converse/…, azure/eu/gpt-…
		else if (owner === 'aws' || owner === 'azure') walk(owner, rest);
	};
	const name = bareName(model);
	walk(name.startsWith('arn:') ? 'aws' : providerName(provider), name.replace(/^arn:.*\//, ''));
	// Names of first houses mean the same there; open models are served by many hosts at other prices.
	if (providerNames[name.split('/')[0]?.toLowerCase() ?? ''] && name.includes('/'))
		add('openrouter', name);

	for (const { provider: owner, model: known } of [...found]) {
		const variant = known.replace(/:(nitro|floor|online|exacto|extended|thinking|beta)$/, '');
		if (owner === 'openrouter') add(owner, variant);
		if (variant !== known) walk(owner, variant);
	}
	for (const { provider: owner, model: known } of [...found]) add(owner, withoutDate(known));
	return found;
}

/** Model names that only one provider gives and that the price tables do not recognise alone. */
const houses: Array<[RegExp, string]> = [
	[
		/^(ft:(gpt|o\d|babbage|davinci)|text-embedding-(3|ada)|chatgpt-|codex-mini|computer-use|omni-moderation|(babbage|davinci)-002)/,
		'openai',
	],
	[/^(sonar(-|$)|r1-1776)/, 'perplexity'],
	[/^(embed-|c4ai-)/, 'cohere'],
	[/^gemma-/, 'google'],
	[/^llama.*-(versatile|instant|specdec)$/, 'groq'],
];

function houseOf(name: string): string | null {
	return houses.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1] ?? null;
}

function bareName(model: string): string {
	return model
		.trim()
		.replace(/^(models|publishers\/[^/]+\/models|projects\/.*\/models)\//, '')
		.replace(/^\/+/, '');
}

/** `-2025-04-14`, `-20250414`, `@20250929`, `-0125` at the end. */
function withoutDate(name: string): string {
	return name.replace(/[-@](20\d{2}-\d{2}-\d{2}|20\d{6})$/, '');
}
