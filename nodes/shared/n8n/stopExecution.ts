import { createRequire } from 'node:module';

interface ActiveExecutions {
	stopExecution(executionId: string, error: Error): void;
}

/**
 * Stops an execution of this n8n, as the editor's stop button does: the call to the model is cut off.
 * n8n offers packages no such thing, so its own modules are asked; where that fails the execution
 * runs to its end. Tried on n8n 2.41, 2026-11.
 * @returns whether n8n was asked to stop it
 */
export function stopExecution(executionId: string): boolean {
	try {
		const start = require.main?.filename;
		if (!start) return false;
		const host = createRequire(start);
		const { Container } = host('@n8n/di') as { Container: { get(token: unknown): unknown } };
		const module = host('../dist/active-executions') as { ActiveExecutions: unknown };
		const errors = host('n8n-workflow') as {
			ManualExecutionCancelledError: new (id: string) => Error;
		};
		const active = Container.get(module.ActiveExecutions) as ActiveExecutions;
		active.stopExecution(executionId, new errors.ManualExecutionCancelledError(executionId));
		return true;
	} catch {
		return false;
	}
}
