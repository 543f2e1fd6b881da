import type { JsonObject } from '../json';

/** Whose HTTP interface the endpoint speaks. */
export type Protocol = 'openAi' | 'anthropic' | 'json';

/** What a request asks for. */
export type Operation = 'chat' | 'embeddings' | 'models' | 'message' | 'json';

/** What an answer carries that is not in the workflow's item. */
export interface AnswerFrame {
	/** A fresh id, used where the provider's own is not there. */
	id: string;
	/** Time of the answer, seconds since 1970. */
	createdSeconds: number;
	/** The client's request. */
	request: JsonObject;
}

/** Turns an answer that comes in parts, or a stored one, into the protocol's server-sent events. */
export interface EventWriter {
	/** What opens the stream; the body where the answer is known already. */
	begin(body?: JsonObject): string;
	/** A piece of text as the model says it. */
	text(piece: string): string;
	/** The rest of the answer: all of it where no text came before. */
	end(body: JsonObject): string;
	/** Ends a stream that failed; the body is the protocol's error body. */
	error(body: JsonObject): string;
	/** Keeps proxies from closing a silent stream. */
	keepAlive(): string;
}
