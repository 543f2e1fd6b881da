import type { IExecuteFunctions } from 'n8n-workflow';
import type { ClassifyOptions } from '../shared/core/classify/classifyPrompt';
import { compileRules, type RoutingRule } from '../shared/core/classify/rules';
import { TASK_TYPES, type PromptLanguage, type TaskType } from '../shared/core/classify/taskTypes';
import { ConfigError } from '../shared/core/errors';
import { perItem } from '../shared/n8n/parameters';
import { readNumber } from '../shared/n8n/readNumber';

/** What the node's parameters say about one item. */
export interface ClassifySettings extends ClassifyOptions {
	/** Below this confidence the judge is asked. */
	judgeBelow: number;
	judgeTimeoutMs: number;
}

interface Options {
	maxSmallModelTokens?: number;
	labels?: TaskType[];
	judgeBelow?: number;
	judgeTimeoutMs?: number;
}

interface RuleRow {
	when: RoutingRule['when'];
	pattern?: string;
	chars?: number;
	language?: PromptLanguage;
	task?: TaskType;
	side: 'small' | 'large';
}

/** Reads the parameters of any item; rules that are the same for all items are prepared once. */
export function classifySettings(ctx: IExecuteFunctions): (itemIndex: number) => ClassifySettings {
	const costQuality = perItem<unknown>(ctx, 'costQuality', 0.5);
	const rules = perItem<{ rule?: RuleRow[] }>(ctx, 'rules', {});
	const options = perItem<Options>(ctx, 'options', {});
	let last: { rows: unknown; compiled: ReturnType<typeof compileRules> } | undefined;
	return (itemIndex) => {
		const rows = rules(itemIndex).rule ?? [];
		if (last?.rows !== rows) last = { rows, compiled: compileRules(rows.map(toRule)) };
		const { maxSmallModelTokens, labels = [], judgeBelow, judgeTimeoutMs } = options(itemIndex);
		const unknown = labels.find((label) => !TASK_TYPES.includes(label));
		if (unknown !== undefined) {
			throw new ConfigError(
				`"${unknown}" is no task type`,
				'Allowed Task Types',
				`Choose among: ${TASK_TYPES.join(', ')}.`,
			);
		}
		return {
			costQuality: readNumber(costQuality(itemIndex), 'Cost or Quality', 0, 1),
			rules: last.compiled,
			maxSmallModelTokens,
			labels,
			judgeBelow: readNumber(judgeBelow ?? 0.6, 'Ask the Judge Below', 0, 1),
			judgeTimeoutMs: readNumber(judgeTimeoutMs ?? 10_000, 'Judge Timeout (Ms)'),
		};
	};
}

function toRule({
	when,
	pattern = '',
	chars = 0,
	language,
	task,
	side: tier,
}: RuleRow): RoutingRule {
	if (when === 'pattern') return { when, pattern, tier };
	if (when === 'language') return { when, language: language ?? 'other', tier };
	if (when === 'task') return { when, task: task ?? 'other', tier };
	return { when, chars, tier };
}
