import { describe, expect, it } from '@jest/globals';
import {
	validateAnswer,
	type AnswerChecks,
} from '../../../nodes/shared/core/cascade/validateAnswer';

const check = (text: string, checks: AnswerChecks = {}) => validateAnswer({ text }, checks);
const reasons = (text: string, checks: AnswerChecks = {}) => {
	const verdict = check(text, checks);
	return verdict.ok ? [] : verdict.reasons;
};

describe("a small model's answer", () => {
	it('passes when nothing is wrong with it', () => {
		expect(check('The contract ends in May.')).toEqual({
			ok: true,
			value: 'The contract ends in May.',
		});
	});

	it('may not be empty', () => {
		expect(reasons(' \n')).toEqual(['the answer is empty']);
		expect(reasons('```\n```')).toEqual(['the answer is empty']);
	});

	it('gives parsed JSON, with or without a fence around it', () => {
		expect(check('```json\n{"a": 1}\n```', { json: true })).toEqual({ ok: true, value: { a: 1 } });
		expect(reasons('{"a": 1', { json: true })).toEqual(['the answer is not JSON']);
	});

	it('must fit the schema', () => {
		const schema = (value: unknown) =>
			typeof (value as { total?: unknown }).total === 'number' ? null : 'total must be a number';
		expect(check('{"total": 3}', { schema }).ok).toBe(true);
		expect(reasons('{"total": "3"}', { schema })).toEqual([
			'the answer does not fit the schema: total must be a number',
		]);
	});

	it('must be one of the labels, and comes back as the label was written', () => {
		const labels = ['Billing', 'Technical'];
		expect(check(' "billing". ', { labels })).toEqual({ ok: true, value: 'Billing' });
		expect(reasons('billing or technical', { labels })).toEqual([
			'the answer is not one of the allowed labels',
		]);
	});

	it('must match the pattern, also when the pattern remembers its place', () => {
		const pattern = /^\d{4}-\d{2}-\d{2}$/g;
		expect(check('2026-11-20', { pattern }).ok).toBe(true);
		expect(check('2026-11-20', { pattern }).ok).toBe(true);
		expect(reasons('20 November', { pattern })).toEqual(['the answer does not match the pattern']);
	});

	it('must be long enough and short enough', () => {
		expect(reasons('no', { minChars: 5 })).toEqual(['the answer is shorter than 5 characters']);
		expect(reasons('much too long', { maxChars: 5 })).toEqual([
			'the answer is longer than 5 characters',
		]);
	});

	it.each([
		"I don't know the answer to that.",
		'I’m not sure, but it may be 12.',
		'As an AI, I cannot help with this.',
		'The passage gives not enough information.',
		'Je ne sais pas.',
		'Je ne suis pas en mesure de répondre.',
		'Das weiß ich nicht. Ich weiß es nicht.',
		'No lo sé.',
	])('is refused when it says that it does not know: %s', (text) => {
		expect(reasons(text)).toEqual(['the model says that it does not know']);
		expect(check(text, { refuseUnsure: false }).ok).toBe(true);
	});

	it('is not refused for quoting somebody who does not know, late in a long text', () => {
		expect(check(`${'The witness spoke at length. '.repeat(20)}"I don't know", she said.`).ok).toBe(
			true,
		);
	});

	it('is refused when its words were unlikely, where log-probabilities are reported', () => {
		const text = 'May';
		const minMeanLogProb = -0.8;
		expect(validateAnswer({ text, logProbs: [-0.1, -0.3] }, { minMeanLogProb }).ok).toBe(true);
		expect(validateAnswer({ text, logProbs: [-2, -1] }, { minMeanLogProb })).toEqual({
			ok: false,
			reasons: ['the model was unsure of its words (-1.50 per token)'],
		});
		expect(validateAnswer({ text }, { minMeanLogProb }).ok).toBe(true);
		expect(validateAnswer({ text, logProbs: [Number.NaN] }, { minMeanLogProb }).ok).toBe(true);
	});

	it('is refused when it was cut', () => {
		expect(validateAnswer({ text: 'The first of the', finishReason: 'length' }, {})).toEqual({
			ok: false,
			reasons: ['the answer ended early (length)'],
		});
		expect(validateAnswer({ text: 'Done.', finishReason: 'stop' }, {}).ok).toBe(true);
	});

	it('names everything that is wrong', () => {
		expect(reasons('I do not know', { json: true, maxChars: 5 })).toEqual([
			'the answer is not JSON',
			'the answer is longer than 5 characters',
			'the model says that it does not know',
		]);
	});
});
