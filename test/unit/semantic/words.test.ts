import { describe, expect, it } from '@jest/globals';
import { fold } from '../../../nodes/shared/core/semantic/fold';
import { plainNumber, tokenise } from '../../../nodes/shared/core/semantic/tokens';
import { isTypo, slipBetween } from '../../../nodes/shared/core/semantic/typo';
import { loadWordTables } from '../../../nodes/shared/drivers/tables/embeddingTable';

const { lexicon } = loadWordTables();

describe('words', () => {
	it('are compared without case, accents and ligatures', () => {
		expect(fold('Œuvre')).toBe('oeuvre');
		expect(fold('Straße')).toBe('strasse');
	});

	it.each([
		['1,000', '1000'],
		['1 000 000', '1000000'],
		['1.50', '1.5'],
		['1,5', '1.5'],
		['12.0', '12'],
		['00', '00'],
		['1.2.3', '1.2.3'],
	])('reads the number %s as %s', (written, plain) => {
		expect(plainNumber(written)).toBe(plain);
	});

	it('splits units off numbers and articles off French words', () => {
		const words = tokenise("10mg d'eau à l'école le 11e jour").tokens.map((token) => token.word);
		expect(words).toEqual(['10', 'mg', 'd', 'eau', 'a', 'l', 'ecole', 'le', '11', 'jour']);
	});

	it('keeps flags and dotted abbreviations whole', () => {
		const words = tokenise('tar -xzvf in the U.S. now').tokens.map((token) => token.word);
		expect(words).toEqual(['tar', '-xzvf', 'in', 'the', 'us', 'now']);
	});

	it.each([
		['recieve', 'receive', 'transposed'],
		['capptain', 'captain', 'doubled'],
		['harest', 'hardest', 'dropped'],
		['hardist', 'hardest', 'replaced'],
		['hard', 'easy', null],
	])('%s and %s differ by: %s', (a, b, slip) => {
		expect(slipBetween(a, b)).toBe(slip);
	});

	it.each([
		['captial', 'capital', true],
		['costs', 'coasts', false],
		['unable', 'enable', false],
		['mp3s', 'mp4s', false],
		['cat', 'cats', false],
	])('whether %s is %s misspelt: %s', (a, b, typo) => {
		expect(isTypo(a, b, lexicon.known)).toBe(typo);
	});
});
