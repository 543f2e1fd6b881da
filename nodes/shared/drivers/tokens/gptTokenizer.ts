/** Longer texts are counted on their beginning and scaled up. */
const exactChars = 400_000;

/**
 * Tokens of a text by OpenAI's o200k encoding, loaded on first use (about 60 MB). For other houses'
 * models it is an estimate: their own counts lie some percent to either side.
 */
export async function countTokens(text: string): Promise<number> {
	if (text === '') return 0;
	const tokenizer = await import('gpt-tokenizer/cjs/encoding/o200k_base');
	const counted = text.slice(0, exactChars);
	const count = tokenizer.countTokens(counted, { allowedSpecial: 'all' });
	return Math.round((count * text.length) / counted.length);
}
