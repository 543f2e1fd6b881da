import type { JsonObject } from '../shared/core/json';
import { usageToStore } from '../shared/n8n/storedUsage';
import { keepAnswer, type Asked } from '../shared/services/endpoint';
import { bookAnswer, bookedAs, modelOf } from './booking';
import type { Endpoint } from './endpoint';

/**
 * Keeps what an execution answered, and books its call where nobody else does.
 * @param body the answer as clients get it
 * @param reply the item that the execution gave
 * @returns the price of the call in USD; undefined where it is not known
 */
export async function keepAndBook(
	asked: Asked,
	body: JsonObject,
	reply: JsonObject,
	endpoint: Endpoint,
): Promise<number | undefined> {
	const connection = endpoint.open();
	const usage = usageToStore(body, modelOf(asked.request) || null, Date.now());
	await keepAnswer(asked, { response: body, reply, usage }, endpoint, connection);
	if (endpoint.booksCalls) bookAnswer(connection, bookedAs('call', asked, body, endpoint));
	return typeof usage?.usd === 'number' ? usage.usd : undefined;
}
