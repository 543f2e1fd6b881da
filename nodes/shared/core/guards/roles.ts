import { isName } from './entities';
import type { Guard } from './guard';
import { changesVoice, isHarmlessSwap } from './rearrangement';

/** Two names must not change places, unless they stand in a list or in a mutual relation. */
export const roleGuard: Guard = (pair) => {
	const { a, b, alignment } = pair;
	if (changesVoice(pair)) return null;
	const names = alignment.pairs.filter(
		({ i, j }) => isName(a.tokens[i]!, pair, 'a') || isName(b.tokens[j]!, pair, 'b'),
	);
	for (let k = 0; k < names.length; k++)
		for (let l = k + 1; l < names.length; l++) {
			const first = names[k]!;
			const second = names[l]!;
			if (first.j < second.j || isHarmlessSwap(pair, first, second)) continue;
			return `roles: '${a.tokens[first.i]!.text}' and '${a.tokens[second.i]!.text}' change places`;
		}
	return null;
};

/** "Did A own B" is "Was B owned by A", and never "Was A owned by B". */
export const voiceGuard: Guard = (pair) => {
	const { a, words, alignment } = pair;
	if (!changesVoice(pair)) return null;
	const verb = alignment.pairs.some(({ relation }) => relation === 'form');
	const swapped = alignment.pairs.some(
		({ i, moved }) => moved && !words.classes.has(a.tokens[i]!.word),
	);
	return verb && !swapped ? 'roles: active became passive with the same order of names' : null;
};
