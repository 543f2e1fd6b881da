import { ConfigError } from '../errors';
import { isTaskType, type PromptLanguage, type TaskType, type Tier } from './taskTypes';

/** A user's own rule: the first one whose condition holds sends the prompt to its side. */
export type RoutingRule =
	| { when: 'pattern'; pattern: string; tier: Tier }
	| { when: 'longerThan' | 'shorterThan'; chars: number; tier: Tier }
	| { when: 'language'; language: PromptLanguage; tier: Tier }
	| { when: 'task'; task: TaskType; tier: Tier };

/** A rule that is ready to be asked. */
export interface CompiledRule {
	tier: Tier;
	/** What a user reads when the rule decided. */
	reason: string;
	holds(prompt: RuledPrompt): boolean;
}

/** What rules look at. */
export interface RuledPrompt {
	text: string;
	type: TaskType;
	language: PromptLanguage;
}

/** Patterns are tried on this many characters of each end of a prompt. */
const PATTERN_WINDOW = 20_000;

/**
 * Checks and prepares user rules.
 * @throws ConfigError naming the rule when a pattern, number or task is not usable
 */
export function compileRules(rules: readonly RoutingRule[]): CompiledRule[] {
	return rules.map((rule, index) => compileRule(rule, index + 1));
}

function compileRule(rule: RoutingRule, number: number): CompiledRule {
	const wrong = (what: string, hint: string): ConfigError =>
		new ConfigError(`Rule ${number}: ${what}`, 'Rules', hint);
	const { tier } = rule;
	if (tier !== 'small' && tier !== 'large') {
		throw wrong(`"${String(tier)}" is no side`, 'Choose "small" or "large".');
	}
	const made = (reason: string, holds: CompiledRule['holds']): CompiledRule => ({
		tier,
		reason: `rule ${number}: ${reason}`,
		holds,
	});
	switch (rule.when) {
		case 'pattern': {
			const pattern = compilePattern(rule.pattern, (message) =>
				wrong(message, 'Write a regular expression, e.g. invoice|facture.'),
			);
			return made(`the prompt matches "${rule.pattern}"`, ({ text }) =>
				pattern.test(
					text.length <= 2 * PATTERN_WINDOW
						? text
						: `${text.slice(0, PATTERN_WINDOW)}\n${text.slice(-PATTERN_WINDOW)}`,
				),
			);
		}
		case 'longerThan':
		case 'shorterThan': {
			const { chars, when } = rule;
			if (!Number.isFinite(chars) || chars < 0) {
				throw wrong(`"${chars}" is no length`, 'Give a number of characters, 0 or more.');
			}
			const longer = when === 'longerThan';
			return made(`${longer ? 'longer' : 'shorter'} than ${chars} characters`, ({ text }) =>
				longer ? text.length > chars : text.length < chars,
			);
		}
		case 'language':
			return made(`written in ${rule.language}`, ({ language }) => language === rule.language);
		case 'task':
			if (!isTaskType(rule.task)) {
				throw wrong(`"${String(rule.task)}" is no task type`, 'Choose one of the 16 task types.');
			}
			return made(`the task is ${rule.task}`, ({ type }) => type === rule.task);
		default:
			throw wrong('its condition is not known', 'Choose pattern, length, language or task.');
	}
}

function compilePattern(source: string, wrong: (message: string) => ConfigError): RegExp {
	if (source === '') throw wrong('the pattern is empty');
	try {
		return new RegExp(source, 'iu');
	} catch {
		throw wrong(`"${source}" is no regular expression`);
	}
}
