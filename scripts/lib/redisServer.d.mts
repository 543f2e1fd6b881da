export interface RedisServer {
	port: number;
	tlsPort?: number;
	pid(): number;
	start(): Promise<void>;
	stop(): Promise<void>;
	freeze(): void;
	thaw(): void;
	close(): Promise<void>;
}

export function startRedis(options?: {
	args?: string[];
	launcher?: string[];
	tls?: { ca: string; cert: string; key: string };
}): Promise<RedisServer>;
