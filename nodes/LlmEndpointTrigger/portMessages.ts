import type { JsonObject } from '../shared/core/json';
import type { LogLine } from '../shared/n8n/hostLog';
import type { EndpointPlan } from './endpoint';
import type { Place } from './settings';

/** From n8n's thread to the one that answers at the ports. `use` and `run` are numbers that the sender counts up. */
export type ToThread =
	| { kind: 'open'; use: number; place: Place; plan: EndpointPlan }
	| { kind: 'close'; use: number }
	/** What the execution of a run tells: a RelayMessage as JSON, since an item may hold what cannot be cloned. */
	| { kind: 'relay'; run: number; json: string }
	/** The execution of a run is over. */
	| { kind: 'ended'; run: number };

/** An error of the thread's: a ConfigError where it names a parameter. */
export interface Refusal {
	message: string;
	parameter?: string;
	hint?: string;
}

/** From the thread that answers at the ports to n8n's. */
export type FromThread =
	| { kind: 'listening'; use: number }
	| { kind: 'refused'; use: number; error: Refusal }
	/** The path is free, and the port too where nobody else uses it. */
	| { kind: 'closed'; use: number }
	/** Start an execution for the item. */
	| { kind: 'start'; use: number; run: number; item: JsonObject }
	| { kind: 'stop'; executionId: string }
	| LogLine;
