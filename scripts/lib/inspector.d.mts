export interface Insight {
	/** Bytes in use after collecting garbage. */
	heapBytes: number;
	/** How many of each kind of timer, socket and handle are open. */
	resources: Record<string, number>;
}

export interface Inspector {
	look(): Promise<Insight>;
	close(): void;
}

export function openInspector(port: number): Promise<Inspector>;
