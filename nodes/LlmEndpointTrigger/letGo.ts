import { bookLostCall } from '../shared/n8n/bookLostCall';
import { giveUp, type Asked } from '../shared/services/endpoint';
import type { Endpoint } from './endpoint';

/**
 * Gives up a request that will have no answer: it failed, its client is gone, or the answer is lost with its worker.
 * Called from timers and events, so nothing is thrown: a lease that cannot be given up expires by itself.
 */
export function letGo(asked: Asked, endpoint: Endpoint, why: 'failed' | 'gone' | 'lost'): void {
	try {
		const connection = endpoint.open();
		void giveUp(asked, endpoint, connection, why === 'failed');
		if (why === 'lost') bookLostCall(connection, asked.namespace, endpoint.workflow);
	} catch {
		// The backend cannot be opened.
	}
}
