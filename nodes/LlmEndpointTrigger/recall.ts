import type { EndpointError } from '../shared/core/protocol/errors';
import type { Operation } from '../shared/core/protocol/protocol';
import { readRequest } from '../shared/core/protocol/readRequest';
import { identify, type Caller, type Identified } from '../shared/services/endpoint';
import type { Endpoint } from './endpoint';

/** What is known of a body's text without reading it again: clients repeat themselves. */
export interface Known extends Identified {
	streamed: boolean;
}

const LONGEST_RECALLED = 64 * 1024;

/** Reads a body, or remembers what it was read as. */
export function recall(
	text: string,
	operation: Operation,
	caller: Caller,
	endpoint: Endpoint,
): { ok: true; known: Known } | { ok: false; error: EndpointError } {
	const { namespace } = caller;
	// With its length, since a namespace may hold anything: no other one's text reads the same.
	const name = `${operation} ${namespace.length} ${namespace} ${text}`;
	const before = endpoint.recalled.get(name);
	if (before) return { ok: true, known: before };
	const read = readRequest(operation, text);
	if (!read.ok) return read;
	const known = { ...identify(read.request, caller, endpoint), streamed: read.streamed };
	if (text.length <= LONGEST_RECALLED) endpoint.recalled.set(name, known);
	return { ok: true, known };
}
