import { answerBody } from '../shared/core/protocol/answer';
import type { AnswerFrame, Operation } from '../shared/core/protocol/protocol';
import type { Asked } from '../shared/services/endpoint';
import type { Endpoint } from './endpoint';
import type { Exchange } from './exchange';
import { keepAndBook } from './keepAndBook';
import { letGo } from './letGo';
import { watchSilence } from './silence';

/** Keeps and books the answer that an execution computes behind the back of a client who got a stale one. */
export function refresher(
	asked: Asked,
	operation: Operation,
	frame: AnswerFrame,
	endpoint: Endpoint,
): Exchange {
	let over = false;
	const close = (): boolean => {
		if (over) return false;
		over = true;
		silence.stop();
		return true;
	};
	const silence = watchSilence(() => {
		if (close()) letGo(asked, endpoint, 'lost');
	});
	const end = (): void => {
		if (close()) letGo(asked, endpoint, 'failed');
	};
	return {
		receive(message) {
			if (over) return;
			silence.heard(message);
			if (message.promptCache !== 'answer') return;
			const given = answerBody(operation, message.item, frame);
			if (!given.ok) return end();
			close();
			// Nobody waits for it: where it cannot be kept, the stale answer stays.
			keepAndBook(asked, given.body, message.item, endpoint).catch(() => undefined);
		},
		ended: end,
		fail: end,
	};
}
