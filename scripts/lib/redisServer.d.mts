export interface RedisServer {
	port: number;
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
}): Promise<RedisServer>;
