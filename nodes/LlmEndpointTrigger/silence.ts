import type { RelayMessage } from '../shared/n8n/executionRelay';

/** An execution that was not heard of for so many beats died with its worker. */
const MISSED_BEATS = 4;

/** Watches over an execution whose worker says now and then that it is alive; one that cannot die alone says nothing. */
export function watchSilence(lost: () => void): {
	heard(message: RelayMessage): void;
	stop(): void;
} {
	let silence: NodeJS.Timeout | undefined;
	return {
		heard(message) {
			if (message.promptCache === 'started' && message.beatMs) {
				silence = setTimeout(lost, MISSED_BEATS * message.beatMs).unref();
			} else silence?.refresh();
		},
		stop: () => clearTimeout(silence),
	};
}
