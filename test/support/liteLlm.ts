/** A real LiteLLM proxy with its semantic cache, before stand-ins for the models and for Qdrant. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/freePort.mjs';
import type { MeaningServer } from './meaningServer';
import { startQdrantStandIn } from './qdrantStandIn';

export const LITELLM_KEY = 'sk-local';

export interface LiteLlm {
	url: string;
	/** Points in the collection of its semantic cache. */
	cachedMeanings(): number;
	stop(): Promise<void>;
}

/** The configuration of the documentation, with a threshold that keeps other questions apart. */
function configuration(provider: string, meaning: MeaningServer, qdrant: string) {
	const model = (name: string, base: string) => ({
		model_name: name,
		litellm_params: { model: `openai/${name}`, api_base: `${base}/v1`, api_key: 'none' },
	});
	return {
		model_list: [
			model('gpt-4o-mini', provider),
			model('text-embedding-3-small', provider),
			model('local-embed-model', meaning.url),
		],
		litellm_settings: {
			cache: true,
			cache_params: {
				type: 'qdrant-semantic',
				qdrant_api_base: qdrant,
				qdrant_collection_name: 'litellm_semantic_cache',
				similarity_threshold: 0.9,
				qdrant_semantic_cache_embedding_model: 'local-embed-model',
				qdrant_semantic_cache_vector_size: meaning.dimensions,
				ttl: 1800,
				supported_call_types: ['acompletion', 'completion'],
			},
		},
		general_settings: { master_key: LITELLM_KEY },
	};
}

/** Starts `program` (see scripts/lib/pythonProgram.mjs) and waits until it answers. */
export async function startLiteLlm(
	program: string,
	provider: string,
	meaning: MeaningServer,
): Promise<LiteLlm> {
	const qdrant = await startQdrantStandIn();
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-litellm-'));
	const config = path.join(folder, 'config.yaml');
	// YAML reads JSON.
	fs.writeFileSync(config, JSON.stringify(configuration(provider, meaning, qdrant.url)));
	const port = await freePort();
	const log = fs.openSync(path.join(folder, 'litellm.log'), 'a');
	const child = spawn(
		program,
		['--config', config, '--host', '127.0.0.1', '--port', String(port)],
		{
			cwd: folder,
			stdio: ['ignore', log, log],
			env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_TELEMETRY: 'False' },
		},
	);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	const stop = async () => {
		child.kill('SIGTERM');
		await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
		child.kill('SIGKILL');
		await qdrant.stop();
		fs.rmSync(folder, { recursive: true, force: true });
	};
	const url = `http://127.0.0.1:${port}`;
	for (const deadline = Date.now() + 150_000; ; await sleep(250)) {
		const status = await fetch(`${url}/health/liveliness`).then(
			(answer) => answer.status,
			() => 0,
		);
		if (status === 200) break;
		if (child.exitCode !== null || Date.now() > deadline) {
			const said = fs.readFileSync(path.join(folder, 'litellm.log'), 'utf8').slice(-2000);
			await stop();
			throw new Error(`LiteLLM did not start:\n${said}`);
		}
	}
	return { url, cachedMeanings: qdrant.points, stop };
}
