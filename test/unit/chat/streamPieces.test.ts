import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { streamPieces } from '../../../nodes/shared/core/chat/streamPieces';

describe('an answer streamed from the cache', () => {
	it('is the stored text when its pieces are joined', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
				expect(streamPieces(text).join('')).toBe(text);
			}),
		);
	});

	it('splits no character in two', () => {
		const text = '👩‍🚀🇫🇷'.repeat(80);
		for (const piece of streamPieces(text)) expect(() => encodeURIComponent(piece)).not.toThrow();
	});

	it('comes a few words at a time', () => {
		const text = 'The quick brown fox jumps over the lazy dog';
		expect(streamPieces(text)).toEqual(['The quick brown', ' fox jumps over', ' the lazy dog']);
	});

	it('keeps pieces short where there are no spaces', () => {
		const longest = Math.max(...streamPieces('漢'.repeat(1000)).map((piece) => piece.length));
		expect(longest).toBeLessThanOrEqual(60);
	});

	it('has no piece for an empty text', () => {
		expect(streamPieces('')).toEqual([]);
	});
});
