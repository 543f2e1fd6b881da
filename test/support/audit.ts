import { isHit } from '../../nodes/shared/services/lookup';
import { asked, type Engine } from './engine';

/** What a lookup gives for entries that were stored as `answer N`: how many are there, and how many are wrong. */
export async function audit(
	engine: Engine,
	count: number,
): Promise<{ hits: number; wrong: number }> {
	const requests = Array.from({ length: count }, (_, index) => asked(`question ${index}`));
	const outcomes = await engine.lookup(requests, { coalesce: false });
	const answers = outcomes.map((outcome, index) =>
		isHit(outcome) ? String(outcome.entry.response).startsWith(`answer ${index} `) : undefined,
	);
	return {
		hits: answers.filter((right) => right !== undefined).length,
		wrong: answers.filter((right) => right === false).length,
	};
}
