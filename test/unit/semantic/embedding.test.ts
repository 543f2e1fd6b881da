import { describe, expect, it } from '@jest/globals';
import { cosine } from '../../../nodes/shared/core/semantic/cosine';
import { readEmbeddingTable } from '../../../nodes/shared/core/semantic/embeddingTable';
import { embedText } from '../../../nodes/shared/core/semantic/pooling';
import { piecesOf, splitWords } from '../../../nodes/shared/core/semantic/wordPiece';
import { builtInEmbedder } from '../../../nodes/shared/drivers/embedders/builtIn';
import { rememberingEmbedder } from '../../../nodes/shared/drivers/embedders/remembering';
import { loadWordTables } from '../../../nodes/shared/drivers/tables/embeddingTable';

const { embedding } = loadWordTables();
const near = (a: string, b: string) => cosine(embedText(a, embedding), embedText(b, embedding));

describe('the built-in embedding', () => {
	it('puts a rewording nearer than another subject', () => {
		const reworded = near('How do I cook rice?', 'What is the best way to cook rice?');
		const other = near('How do I cook rice?', 'Why did the stock market crash in October?');
		expect(reworded).toBeGreaterThan(other + 0.3);
	});

	it('gives unit vectors, and the zero vector for a text without words', () => {
		expect(near('hello world', 'hello world')).toBeCloseTo(1, 5);
		expect(near('', 'hello world')).toBe(0);
	});

	it('splits unknown words into pieces of the vocabulary', () => {
		expect(splitWords('Élan, x')).toEqual(['elan', ',', 'x']);
		const pieces = piecesOf('tokenisation', embedding.rows);
		expect(pieces.length).toBeGreaterThan(1);
	});

	it('refuses a file that is cut short or something else', () => {
		expect(() => readEmbeddingTable(new Uint8Array(4))).toThrow('not a table');
		const cut = new Uint8Array(32);
		cut.set([0x45, 0x4d, 0x42, 0x31, 1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0]);
		expect(() => readEmbeddingTable(cut)).toThrow('cut short');
	});

	it('does not compare vectors of different embedders', () => {
		expect(() => cosine(new Float32Array(3), new Float32Array(4))).toThrow('3 and 4 dimensions');
	});

	it('is named by the digest of its table, so that another table is another index', () => {
		expect(builtInEmbedder().id).toMatch(/^built-in\/[0-9a-f]{12}$/);
	});

	it('is asked once for a text that lookup and store both need', async () => {
		const asked: string[] = [];
		const inner = {
			id: 'x',
			embed: async (texts: string[]) => {
				asked.push(...texts);
				return texts.map(() => new Float32Array(2));
			},
		};
		const embedder = rememberingEmbedder(inner, 1);
		await embedder.embed(['a', 'b', 'a']);
		const again = await embedder.embed(['b']);
		expect(asked).toEqual(['a', 'b']);
		expect(again).toHaveLength(1);
	});
});
