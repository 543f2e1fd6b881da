const LIGATURES: Record<string, string> = {
	œ: 'oe',
	æ: 'ae',
	ß: 'ss',
	ø: 'o',
	ł: 'l',
	đ: 'd',
	ð: 'd',
	þ: 'th',
	ı: 'i',
};

/** Lower-cases a word and takes its accents and ligatures away: `Œuvre` and `oeuvre` become one. */
export function fold(word: string): string {
	return word
		.toLowerCase()
		.normalize('NFD')
		.replace(/\p{M}+/gu, '')
		.replace(/[œæßøłđðþı]/g, (letter) => LIGATURES[letter]!);
}

/** One form for quotes, apostrophes, dashes and spaces; compatibility characters are unfolded. */
export function unifyCharacters(text: string): string {
	return text
		.normalize('NFKC')
		.replace(/[\u2018\u2019\u201a\u201b\u2032\u00b4]/g, "'")
		.replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]|``|''/g, '"')
		.replace(/[\u2010-\u2015\u2212]/g, '-')
		.replace(/[\u200b-\u200d\ufeff\u00ad]/g, '')
		.replace(/[^\S\n]+/g, ' ');
}
