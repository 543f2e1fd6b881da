export interface RedisServer {
	port: number;
	start(): Promise<void>;
	stop(): Promise<void>;
	freeze(): void;
	thaw(): void;
	close(): Promise<void>;
}

export function startRedis(options?: { args?: string[] }): Promise<RedisServer>;
