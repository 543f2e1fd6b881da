import type { ChatAnswer, ChatRecord } from '../core/chat/chatAnswer';
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
	/** Where given, the answer is judged before it is used. */
	escalation?: Escalation;
	/** Set on a call that is made because another model's answer did not do. */
	escalated?: ChatRecord['escalated'];
}

/** What happens to an answer of the small model before it is given. */
export interface Escalation {
	/** What is wrong with it; nothing where it will do. */
	faults(answer: ChatAnswer): string[];
	/** The call that is made in the same turn where something is. */
	instead(reasons: string[]): ModelCall;
}

/** Which of two models answers a turn. */
export interface Route {
	tier: 'small' | 'large';
	reasons: string[];
	/** The task as the classifier sees it; none where the conversation stays where it began. */
	task: JsonObject | null;
}
