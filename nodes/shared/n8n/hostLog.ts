import { isMainThread, parentPort } from 'node:worker_threads';

/** A line for n8n's log that a thread of ours sends to the main thread. */
export interface LogLine {
	kind: 'log';
	level: 'debug' | 'warn';
	text: string;
}

/** Writes to n8n's log. Threads of ours tell the main one: n8n's logger, and its package of 700 files, is there. */
export function hostLog(level: LogLine['level'], text: string): void {
	const line: LogLine = { kind: 'log', level, text };
	if (!isMainThread) return parentPort?.postMessage(line);
	void import('n8n-workflow').then(({ LoggerProxy }) => LoggerProxy[level](text));
}
