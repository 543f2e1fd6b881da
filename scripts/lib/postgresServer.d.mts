export interface PostgresServer {
	/** What n8n is told of it. */
	env: Record<string, string>;
	close(): Promise<void>;
}

export function findPostgres(): Promise<
	{ found: true; folder: string } | { found: false; reason: string }
>;

export function startPostgres(): Promise<PostgresServer>;
