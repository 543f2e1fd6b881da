import type { JsonObject } from '../json';
import type { EndpointError } from './errors';
import type { Protocol } from './protocol';

export type ReadModels = { ok: true; body: JsonObject } | { ok: false; error: EndpointError };

/** The list of models, or one of them, as OpenAI or Anthropic gives it. */
export function modelsBody(
	protocol: Protocol,
	names: readonly string[],
	modelId: string | undefined,
): ReadModels {
	const rows = names.map((name) =>
		protocol === 'anthropic' ? anthropicRow(name) : openAiRow(name),
	);
	if (modelId !== undefined) {
		const row = rows.find(({ id }) => id === modelId);
		if (row) return { ok: true, body: row };
		const message = 'The model does not exist here';
		return { ok: false, error: { status: 404, message, code: 'model_not_found' } };
	}
	if (protocol !== 'anthropic') return { ok: true, body: { object: 'list', data: rows } };
	const [first = null, last = null] = [rows[0]?.id, rows.at(-1)?.id];
	return { ok: true, body: { data: rows, has_more: false, first_id: first, last_id: last } };
}

const openAiRow = (id: string): JsonObject => ({
	id,
	object: 'model',
	created: 0,
	owned_by: 'n8n',
});

const anthropicRow = (id: string): JsonObject => ({
	id,
	type: 'model',
	display_name: id,
	created_at: '1970-01-01T00:00:00Z',
});
