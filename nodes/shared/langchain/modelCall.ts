import type { JsonObject } from '../core/json';
import type { TracedCall } from './callTracers';
import type { CallOptions, ChatResult, GenerationChunk } from './chatModelShape';

/** One call that the cache may save: the request as it enters the key, and how to make the call. */
export interface ModelCall {
	request: JsonObject;
	options: CallOptions;
	/** Why this model answers, where there is a choice. */
	route: Route | undefined;
	/** Tells n8n that the call begins; `parentRun` is the cache node's own run. */
	trace(parentRun: number): Promise<TracedCall>;
	whole(): Promise<ChatResult>;
	stream(): AsyncGenerator<GenerationChunk>;
}

/** Which of two models answers a turn. */
export interface Route {
	tier: 'small' | 'large';
	reasons: string[];
	/** The task as the classifier sees it; none where the conversation stays where it began. */
	task: JsonObject | null;
}
