import { createRequire } from 'node:module';
import type { ChatResult, Generation, GenerationChunk, LangChainMessage } from './chatModelShape';

/** The LangChain classes of this n8n, with which a stored answer becomes a message again. */
export interface HostClasses {
	AIMessage: new (fields: Record<string, unknown>) => LangChainMessage;
	AIMessageChunk: new (fields: Record<string, unknown>) => LangChainMessage;
	ChatGenerationChunk: new (fields: Record<string, unknown>) => GenerationChunk;
	/** The conversation as n8n's run data shows it. */
	getBufferString(messages: LangChainMessage[]): string;
}

export type { ChatResult, Generation };

const NODES = '@n8n/n8n-nodes-langchain/package.json';
let loaded: HostClasses | undefined;

/**
 * Takes LangChain from n8n's own nodes, so that its copy and version are the same as the models'.
 * @throws Error where n8n's AI nodes cannot be found
 */
export function hostClasses(): HostClasses {
	if (!loaded) {
		const host = createRequire(findNodes());
		const messages = host('@langchain/core/messages') as Omit<HostClasses, 'ChatGenerationChunk'>;
		const outputs = host('@langchain/core/outputs') as Pick<HostClasses, 'ChatGenerationChunk'>;
		const { AIMessage, AIMessageChunk, getBufferString } = messages;
		const { ChatGenerationChunk } = outputs;
		loaded = { AIMessage, AIMessageChunk, ChatGenerationChunk, getBufferString };
	}
	return loaded;
}

/** n8n puts its own packages on the module path; where it does not, they stand beside its program. */
function findNodes(): string {
	try {
		return require.resolve(NODES);
	} catch {
		const beside = [require.main?.path, process.argv[1]].filter((path) => path !== undefined);
		return require.resolve(NODES, { paths: beside });
	}
}
