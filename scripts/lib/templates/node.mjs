import { stableId } from './fit.mjs';

/** A node as n8n imports it; its place on the canvas is of no matter. */
export const node = (name, type, typeVersion, parameters, more = {}) => ({
	id: stableId(name),
	name,
	type,
	typeVersion,
	position: [0, 0],
	parameters,
	...more,
});
