import { randomUUID } from 'node:crypto';
import type { LeaseRef, LookupQuery } from '../ports/CacheStore';
import { LEASE_TTL_MS } from './leaseKeeper';
import type { LookupOutcome, LookupRequest } from './lookupOutcome';

/** A request as the backend is asked for it; what a hit has no need of is worked out when it is asked for. */
export class Asked implements LookupQuery {
	outcome!: LookupOutcome;
	/** When the entry that may not be served was stored, at the first look; 0 where there was none. */
	firstStoredAtMs?: number;
	#token?: string;
	#givenUp = false;

	constructor(
		readonly request: LookupRequest,
		private readonly wantsLease: boolean,
		private readonly looksAgain: boolean,
	) {}

	get takesLease(): boolean {
		return this.wantsLease && !this.#givenUp;
	}

	/** Takes no lease from now on, unless it tries again; gives the one that it may have taken already. */
	giveUpLease(): LeaseRef | undefined {
		const { namespace, key } = this;
		const token = this.takesLease ? this.#token : undefined;
		this.#givenUp = true;
		return token === undefined ? undefined : { namespace, key, token };
	}

	/** Asks for a lease of its own again, with another token: nobody knows what became of the one before. */
	tryAgain(): void {
		this.#givenUp = false;
		this.#token = undefined;
	}

	get token(): string {
		return (this.#token ??= randomUUID());
	}

	get namespace(): string {
		return this.request.namespace;
	}

	get key(): string {
		return this.request.key;
	}

	get userHash(): string {
		return this.request.explained.userHash;
	}

	/** Takes a lease on an entry that was found: it is stale, or may not be served at all. */
	get renews(): boolean {
		const { status } = this.outcome;
		return this.takesLease && (status === 'stale' || (status !== 'hit' && !this.looksAgain));
	}

	get lease(): LookupQuery['lease'] {
		return this.takesLease && !this.looksAgain
			? { token: this.token, ttlMs: LEASE_TTL_MS }
			: undefined;
	}
}
