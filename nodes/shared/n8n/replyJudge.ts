import { plainFields } from '../core/chat/plainJson';
import { readSame, repliesPrompt } from '../core/semantic/judgeReplies';
import type { Clock } from '../ports/Clock';
import type { ReplyJudge } from '../ports/ReplyJudge';
import { askModel, usageOf, type AttachedModel } from './attachedModel';
import { usageToStore } from './storedUsage';

/**
 * A chat model that compares answers.
 * @param find gives the model when it is first needed; undefined where none is attached
 */
export function replyJudge(
	find: () => Promise<AttachedModel | undefined>,
	{ elapsedMs, nowMs }: Clock,
): ReplyJudge {
	let model: Promise<AttachedModel | undefined> | undefined;
	return async (question, fresh, stored, timeoutMs) => {
		const since = elapsedMs();
		const none = (error: string) => ({
			same: null,
			usage: null,
			usd: null,
			ms: Math.round(elapsedMs() - since),
			error,
		});
		const found = await (model ??= find()).catch((error: Error) => error);
		if (found instanceof Error) return none(found.message);
		if (!found) return none('no chat model is connected as judge');
		const said = await askModel(found, repliesPrompt(question, fresh, stored), timeoutMs);
		if ('error' in said) return none(said.error);
		const same = readSame(said.text);
		const ms = Math.round(elapsedMs() - since);
		const judged = { same, usage: usageOf(said.message), usd: priceOf(found, said.message), ms };
		return same === null
			? { ...judged, error: `it said neither same nor different: "${said.text.slice(0, 60)}"` }
			: judged;

		function priceOf(asked: AttachedModel, message: unknown): number | null {
			const { usage_metadata: usage, response_metadata: about } = message as Record<
				string,
				unknown
			>;
			const name = asked.model ?? asked.modelName;
			const reply = plainFields({ usage_metadata: usage, response_metadata: about }, () => true);
			const priced = usageToStore(reply, typeof name === 'string' ? name : null, nowMs());
			return typeof priced?.usd === 'number' ? priced.usd : null;
		}
	};
}
