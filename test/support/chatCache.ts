/** What the cache around a chat model needs of n8n and of the node's parameters, for tests of it alone. */
import { AIMessage, AIMessageChunk, getBufferString } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { parseCacheControl } from '../../nodes/shared/core/freshness/cacheControl';
import type { HostClasses } from '../../nodes/shared/langchain/hostClasses';
import type { ChatCacheSettings } from '../../nodes/shared/services/chatTurn';

export const host = {
	AIMessage,
	AIMessageChunk,
	ChatGenerationChunk,
	getBufferString,
} as unknown as HostClasses;

export const chatSettings = (
	namespace: string,
	more: Partial<ChatCacheSettings> = {},
): ChatCacheSettings => ({
	namespace,
	keyVersion: '',
	ignoreFields: [],
	maxRequestBytes: 1_000_000,
	normalization: 'none',
	control: parseCacheControl(''),
	turns: 'finalAnswers',
	tags: [],
	serveStaleOnError: true,
	onBackendError: 'miss',
	lookup: { coalesce: true, coalesceWaitMs: 2000, timeoutMs: 2000 },
	keep: {
		ttlMs: 60_000,
		graceMs: 60_000,
		ttlJitterPercent: 0,
		negativeTtlMs: 0,
		rules: { complete: true, noRefusals: true, json: 'auto', minLength: 0, toolResults: false },
		maxEntryBytes: 100_000,
		compressAboveBytes: 4096,
	},
	...more,
});
