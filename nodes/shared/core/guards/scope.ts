import { describeChange, differences, type Guard } from './guard';

const LINKS = new Map([
	['and', '&'],
	['et', '&'],
	['und', '&'],
	['y', '&'],
	['or', '|'],
	['ou', '|'],
	['oder', '|'],
	['o', '|'],
	['if', '?'],
	['si', '?'],
	['unless', '!?'],
	['before', '<'],
	['after', '>'],
	['avant', '<'],
	['apres', '>'],
	['until', '<'],
	['since', '>'],
]);
const OWNERS = new Map(
	Object.entries({
		my: 1,
		mine: 1,
		mon: 1,
		ma: 1,
		mes: 1,
		i: 1,
		je: 1,
		me: 1,
		your: 2,
		you: 2,
		votre: 2,
		ton: 2,
		ta: 2,
		tes: 2,
		vos: 2,
		tu: 2,
		vous: 2,
		his: 3,
		he: 3,
		him: 3,
		her: 4,
		she: 4,
		elle: 4,
		il: 3,
		our: 5,
		we: 5,
		us: 5,
		nous: 5,
		notre: 5,
		nos: 5,
		their: 6,
		they: 6,
		them: 6,
		ils: 6,
		elles: 7,
	}),
);

const MODALS = new Map(
	Object.entries({
		can: 1,
		could: 1,
		should: 2,
		must: 3,
		may: 4,
		might: 4,
		peux: 1,
		peut: 1,
		pouvez: 1,
		peuvent: 1,
		pourrait: 1,
		dois: 3,
		doit: 3,
		devez: 3,
		doivent: 3,
		devrait: 2,
		kann: 1,
		konnen: 1,
		soll: 2,
		sollte: 2,
		muss: 3,
		mussen: 3,
		darf: 4,
		durfen: 4,
		puede: 1,
		puedo: 1,
		pueden: 1,
		debe: 3,
		debo: 3,
		deben: 3,
		deberia: 2,
	}),
);
/** Quantifiers that come and go without changing what is asked. */
const LIGHT = new Set([
	'some',
	'any',
	'about',
	'each',
	'also',
	'both',
	'usually',
	'several',
	'many',
	'much',
	'tout',
	'toute',
	'meme',
	'demi',
	'deja',
	'encore',
]);

function otherMeaning(a: string, b: string): boolean {
	for (const table of [LINKS, OWNERS, MODALS] as ReadonlyArray<Map<string, string | number>>) {
		const meaningA = table.get(a);
		const meaningB = table.get(b);
		if (meaningA !== undefined && meaningB !== undefined && meaningA !== meaningB) return true;
	}
	return false;
}

/** "and"/"or", "all"/"some", "only", "my"/"your": small words that change what is asked. */
export const scopeGuard: Guard = (pair) => {
	const { changed, removed, added } = differences(pair);
	const turned = changed.find(({ from, to }) => otherMeaning(from.word, to.word));
	if (turned) return `scope: ${describeChange([turned.from], [turned.to])}`;
	const isQuantifier = ({ word }: { word: string }): boolean =>
		pair.words.classes.get(word) === 'quantifier' && !LIGHT.has(word);
	const shifted = pair.alignment.pairs.find(
		({ i, moved }) => moved && isQuantifier(pair.a.tokens[i]!),
	);
	if (shifted) return `scope: '${pair.a.tokens[shifted.i]!.text}' stands elsewhere`;
	const gone = removed.filter(isQuantifier);
	const come = added.filter(isQuantifier);
	return gone.length + come.length > 0 ? `scope: ${describeChange(gone, come)}` : null;
};
