import type { ServiceTier } from './reading';

/**
 * The tier a reply says it was processed with. `auto`, `default`, `on_demand`, `scale` and what is
 * not known are billed as standard. Gemini names the tier as `traffic_type` on Vertex.
 */
export function serviceTier(...stated: unknown[]): ServiceTier {
	for (const value of stated) {
		const name = typeof value === 'string' ? value.toLowerCase() : '';
		if (/(^|_)flex$/.test(name)) return 'flex';
		if (/(^|_)priority$/.test(name)) return 'priority';
		if (/^batch(es)?$/.test(name)) return 'batch';
	}
	return 'standard';
}
