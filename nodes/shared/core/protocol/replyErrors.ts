import type { JsonObject } from '../json';
import { isJsonObject } from '../json';
import { providerError, type EndpointError } from './errors';

/**
 * Finds the failure in the item with which a workflow ended: a provider's error body, an HTTP answer
 * with an error status, or what n8n leaves of a failed node ("Continue On Fail").
 */
export function readError(item: JsonObject): EndpointError | undefined {
	const status = statusOf(item);
	const body = isJsonObject(item.body) ? item.body : item;
	const { error } = body;
	if (isJsonObject(error)) {
		const cause = isJsonObject(error.cause) ? error.cause : {};
		const told = status ?? statusOf(error) ?? statusOf(cause);
		return providerError(told, messageOf(error) ?? 'The provider failed');
	}
	if (typeof error === 'string' && error !== '') return providerError(status, error);
	if (status === null || status < 400) return undefined;
	return providerError(status, messageOf(body) ?? `The provider answered ${status}`);
}

/** n8n's node errors carry `httpCode` as a text, or the number in front of the message ("404 - …"). */
function statusOf(holder: JsonObject): number | null {
	for (const value of [holder.statusCode, holder.status, holder.httpCode]) {
		const status = Number(value);
		if (Number.isInteger(status) && status >= 100 && status < 600) return status;
	}
	const leading = typeof holder.message === 'string' && /^([45]\d\d) - /.exec(holder.message);
	return leading ? Number(leading[1]) : null;
}

/** n8n puts its own advice in `message`, and the provider's words in `description`. */
function messageOf({ description, message }: JsonObject): string | undefined {
	if (typeof description === 'string' && description !== '') return description;
	return typeof message === 'string' ? message : undefined;
}
