import { describe, expect, it } from '@jest/globals';
import { classifyPrompt } from '../../../nodes/shared/core/classify/classifyPrompt';
import { compileRules, type RoutingRule } from '../../../nodes/shared/core/classify/rules';
import { ConfigError } from '../../../nodes/shared/core/errors';
import { loadClassifier } from '../../../nodes/shared/drivers/tables/classifierWeights';

const classifier = loadClassifier();
const decide = (text: string, ...rules: RoutingRule[]) =>
	classifyPrompt(classifier, text, { rules: compileRules(rules) });

const TRANSLATE = 'Translate to French: our contract ends in May';

describe('rules of a user', () => {
	it('send a prompt by pattern, whatever its letter case', () => {
		const { tier, reasons } = decide(TRANSLATE, {
			when: 'pattern',
			pattern: 'CONTRACT|legal',
			tier: 'large',
		});
		expect(tier).toBe('large');
		expect(reasons.at(-1)).toBe('rule 1: the prompt matches "CONTRACT|legal"');
	});

	it('send a prompt by length, language and task', () => {
		expect(decide(TRANSLATE, { when: 'longerThan', chars: 10, tier: 'large' }).tier).toBe('large');
		expect(decide(TRANSLATE, { when: 'longerThan', chars: 90, tier: 'large' }).tier).toBe('small');
		expect(
			decide('Write an essay on tea', { when: 'shorterThan', chars: 90, tier: 'small' }).tier,
		).toBe('small');
		expect(decide(TRANSLATE, { when: 'language', language: 'en', tier: 'large' }).tier).toBe(
			'large',
		);
		expect(decide(TRANSLATE, { when: 'task', task: 'translation', tier: 'large' }).tier).toBe(
			'large',
		);
	});

	it('the first that holds decides', () => {
		const { tier, reasons } = decide(
			TRANSLATE,
			{ when: 'task', task: 'math', tier: 'small' },
			{ when: 'pattern', pattern: 'french', tier: 'large' },
			{ when: 'language', language: 'en', tier: 'small' },
		);
		expect(tier).toBe('large');
		expect(reasons.at(-1)).toMatch(/^rule 2: /);
	});

	it('come after the token limit and before the slider', () => {
		const rules = compileRules([{ when: 'language', language: 'en', tier: 'small' }]);
		const at = (maxSmallModelTokens: number) =>
			classifyPrompt(classifier, TRANSLATE, { rules, maxSmallModelTokens, costQuality: 1 }).tier;
		expect(at(5)).toBe('large');
		expect(at(1000)).toBe('small');
	});

	it.each([
		['an unfinished pattern', { when: 'pattern', pattern: '(open', tier: 'large' }],
		['an empty pattern', { when: 'pattern', pattern: '', tier: 'large' }],
		['a length that is none', { when: 'longerThan', chars: Number.NaN, tier: 'large' }],
		['an unknown task', { when: 'task', task: 'cooking', tier: 'large' }],
		['an unknown side', { when: 'language', language: 'en', tier: 'middle' }],
		['an unknown condition', { when: 'mood', tier: 'large' }],
	])('%s is an error that names the rule', (_what, rule) => {
		const compile = () =>
			compileRules([{ when: 'language', language: 'en', tier: 'small' }, rule as RoutingRule]);
		expect(compile).toThrow(ConfigError);
		expect(compile).toThrow(/^Rule 2: /);
	});
});
