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

/** "and"/"or", "all"/"some", "only", "my"/"your": small words that change what is asked. */
export const scopeGuard: Guard = (pair) => {
	const { changed } = differences(pair);
	for (const { from, to } of changed) {
		const report = `scope: ${describeChange([from], [to])}`;
		const linkA = LINKS.get(from.word);
		const linkB = LINKS.get(to.word);
		if (linkA !== undefined && linkB !== undefined && linkA !== linkB) return report;
		const ownerA = OWNERS.get(from.word);
		const ownerB = OWNERS.get(to.word);
		if (ownerA !== undefined && ownerB !== undefined && ownerA !== ownerB) return report;
		const classA = pair.words.classes.get(from.word);
		const classB = pair.words.classes.get(to.word);
		if (classA === 'quantifier' && classB === 'quantifier') return report;
	}
	return null;
};
