import type { UsageRecord } from './record';

/** The sixteen ways in which token usage arrives; `cohere` comes on top. */
export type UsageShape =
	| 'openai-chat'
	| 'openai-responses'
	| 'anthropic'
	| 'gemini'
	| 'deepseek'
	| 'mistral'
	| 'groq'
	| 'xai'
	| 'bedrock'
	| 'ollama'
	| 'openrouter'
	| 'langchain'
	| 'ai-sdk'
	| 'n8n'
	| 'otel'
	| 'litellm'
	| 'cohere';

/** How the provider processed the call, which decides the rate. */
export type ServiceTier = 'standard' | 'flex' | 'priority' | 'batch';

/** What the record cannot say but the bill needs. All are parts of record fields, never on top. */
export interface UsageDetails {
	/** Audio tokens within `cacheRead`. */
	cacheReadAudio: number;
	/** Image tokens within `outputText`. */
	outputImage: number;
	/** Searches the provider made and bills per thousand. */
	webSearches: number;
}

/** A cost in USD that the answering side itself reported, as decimal text to keep it exact. */
export interface ReportedCost {
	usd: string;
	by: 'openrouter' | 'litellm' | 'xai' | 'perplexity' | 'provider';
}

/** One call, as read from a provider's reply. */
export interface UsageReading {
	shape: UsageShape;
	/** Price-table name of the provider, or null when the reply does not tell. */
	provider: string | null;
	model: string | null;
	/** What the provider called this reply, or when it was made: tells equal usages apart. */
	replyId: string | null;
	usage: UsageRecord;
	details: UsageDetails;
	serviceTier: ServiceTier;
	/** Rate modifiers the reply names, such as `geo:us` or `speed:fast` (Anthropic). */
	modifiers: string[];
	reportedCost: ReportedCost | null;
	/** The answer came from a response cache in front of the provider: nothing was billed. */
	cacheHit: boolean;
	/** The counts are somebody's estimate. */
	estimated: boolean;
	/** Runs on the user's own machine. */
	local: boolean;
	/** Time the model worked, in ms, where the reply tells it. */
	durationMs: number | null;
	/** Counts that were written but cannot be counts (negative, NaN): they make the cost unknown. */
	broken: string[];
}

export const noDetails: UsageDetails = { cacheReadAudio: 0, outputImage: 0, webSearches: 0 };

/** A reading with everything unsaid at its neutral value. */
export function reading(
	shape: UsageShape,
	usage: UsageRecord,
	said: Partial<UsageReading> = {},
): UsageReading {
	return {
		shape,
		provider: null,
		model: null,
		replyId: null,
		usage,
		details: noDetails,
		serviceTier: 'standard',
		modifiers: [],
		reportedCost: null,
		cacheHit: false,
		estimated: false,
		local: false,
		durationMs: null,
		broken: [],
		...said,
	};
}
