/** A real MLflow tracking server on a SQLite file of its own, and what it holds, read through its REST API. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/freePort.mjs';

export interface MlflowSpan {
	name: string;
	span_id: string;
	parent_span_id?: string;
	attributes: Record<string, unknown>;
}

export interface MlflowTrace {
	id: string;
	state: string;
	/** MLflow's own sums over the trace. */
	metadata: Record<string, string>;
	spans: MlflowSpan[];
}

export interface Mlflow {
	url: string;
	/** The traces of the default experiment, oldest first. */
	traces(): Promise<MlflowTrace[]>;
	stop(): Promise<void>;
}

/** Starts `program` (see scripts/lib/pythonProgram.mjs) and waits until it answers. */
export async function startMlflow(program: string): Promise<Mlflow> {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-mlflow-'));
	const port = await freePort();
	const file = path.join(folder, 'mlflow.log');
	const log = fs.openSync(file, 'a');
	const store = `sqlite:///${path.join(folder, 'mlflow.db')}`;
	const child = spawn(
		program,
		[
			...['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
			...['--backend-store-uri', store, '--artifacts-destination', path.join(folder, 'artifacts')],
		],
		{
			cwd: folder,
			// Its workers are processes of their own: the whole group is ended.
			detached: true,
			stdio: ['ignore', log, log],
			// It would ask the network for prices at the first span, and its makers for telemetry.
			env: { ...process.env, MLFLOW_MODEL_CATALOG_URI: '', MLFLOW_DISABLE_TELEMETRY: 'true' },
		},
	);
	fs.closeSync(log);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	const signal = (name: NodeJS.Signals) => {
		try {
			process.kill(-child.pid!, name);
		} catch {
			// The group is gone already.
		}
	};
	const stop = async () => {
		signal('SIGTERM');
		await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
		signal('SIGKILL');
		fs.rmSync(folder, { recursive: true, force: true });
	};
	const url = `http://127.0.0.1:${port}`;
	for (const deadline = Date.now() + 150_000; ; await sleep(250)) {
		// Not its health: it answers before the store behind it is open.
		const status = await call(`${url}/api/3.0/mlflow/traces/search`, EVERYTHING).then(
			() => 200,
			() => 0,
		);
		if (status === 200) break;
		if (child.exitCode !== null || Date.now() > deadline) {
			const said = fs.readFileSync(file, 'utf8').slice(-2000);
			await stop();
			throw new Error(`MLflow did not start:\n${said}`);
		}
	}
	return { url, traces: () => readTraces(url), stop };
}

async function call(url: string, body?: unknown): Promise<Record<string, unknown>> {
	const answer = await fetch(url, {
		method: body === undefined ? 'GET' : 'POST',
		headers: { 'content-type': 'application/json' },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const text = await answer.text();
	if (!answer.ok) throw new Error(`MLflow answered ${answer.status}: ${text}`);
	return JSON.parse(text) as Record<string, unknown>;
}

interface TraceInfo {
	trace_id: string;
	state: string;
	trace_metadata?: Record<string, string>;
}

const EVERYTHING = {
	locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }],
	max_results: 100,
	order_by: ['timestamp_ms ASC'],
};

async function readTraces(url: string): Promise<MlflowTrace[]> {
	const found = await call(`${url}/api/3.0/mlflow/traces/search`, EVERYTHING);
	const infos = (found.traces ?? []) as TraceInfo[];
	return await Promise.all(
		infos.map(async ({ trace_id: id, state, trace_metadata: metadata = {} }) => {
			const whole = await call(`${url}/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${id}`);
			return { id, state, metadata, spans: (whole.spans ?? []) as MlflowSpan[] };
		}),
	);
}
