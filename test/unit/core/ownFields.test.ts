import { describe, expect, it } from '@jest/globals';
import { withOwnFields } from '../../../nodes/shared/core/answer/ownFields';

describe('an answered item as it would be for another that asked the same', () => {
	const first = { id: 1, note: 'of the first', prompt: 'a' };

	it('has its own fields, also those the first one has not, where all came through', () => {
		expect(
			withOwnFields({ ...first, answer: 'A' }, first, { id: 2, prompt: 'a', vip: true }),
		).toEqual({ id: 2, prompt: 'a', vip: true, answer: 'A' });
	});

	it('has no field that a node took away, and none that is the first one alone', () => {
		const { prompt: _taken, ...left } = first;
		expect(withOwnFields({ ...left, answer: 'A' }, first, { id: 2, prompt: 'a' })).toEqual({
			id: 2,
			answer: 'A',
		});
	});

	it('is the answer where a node left nothing else', () => {
		expect(withOwnFields({ answer: 'A' }, first, { id: 2, prompt: 'a' })).toEqual({ answer: 'A' });
	});

	it('takes what a node changed from the answer', () => {
		expect(withOwnFields({ ...first, note: 'seen' }, first, { ...first, id: 2 })).toEqual({
			id: 2,
			note: 'seen',
			prompt: 'a',
		});
	});
});
