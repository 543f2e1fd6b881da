/** Names of price tables where OpenTelemetry's list of providers has another (semantic conventions 1.42, 2026-11). */
const NAMES: Readonly<Record<string, string>> = {
	aws: 'aws.bedrock',
	azure: 'azure.ai.openai',
	google: 'gcp.gemini',
	mistral: 'mistral_ai',
	moonshotai: 'moonshot_ai',
	'x-ai': 'x_ai',
};

/** The value of `gen_ai.provider.name`; what the list does not name keeps its own name. */
export const otelProviderName = (provider: string): string => NAMES[provider] ?? provider;
