import type { NormalizedPrompt } from './normalize';
import type { SegmentedPrompt } from './segment';
import { LEXICON_LANGUAGES } from './lexicon';
import type { PromptLanguage } from './taskTypes';

/** Frequent words of neighbours that share many words with the four languages. */
const NEIGHBOURS =
	/\b(?:il|che|della|degli|sono|perche|questo|questa|nao|voce|uma|uns|isso|esta|het|een|niet|zijn|voor|wat|ik|och|att|det|som|nie|jest|czy)\b/g;
const OWN_SIGNS = /[\u0370-\u1fff\u2e80-\uffdc]/;

/** The language of the instruction; `none` where there are no words. */
export function detectLanguage(prompt: NormalizedPrompt, parts: SegmentedPrompt): PromptLanguage {
	const sample = prompt.head.slice(0, 400);
	if (!/\p{L}/u.test(sample)) return 'none';
	let best = 0;
	parts.languageVotes.forEach((v, i) => {
		if (v > parts.languageVotes[best]!) best = i;
	});
	const votes = parts.languageVotes[best]!;
	if (OWN_SIGNS.test(sample) && votes < 2) return 'other';
	if (votes === 0)
		return parts.instruction.some((u) => u.hits.length > 0) ? languageOfHits(parts) : 'none';
	const foreign = parts.instruction
		.map((u) => u.words.match(NEIGHBOURS)?.length ?? 0)
		.reduce((a, b) => a + b, 0);
	if (foreign > 1 && foreign * 1.5 > votes) return 'other';
	return LEXICON_LANGUAGES[best]!;
}

function languageOfHits(parts: SegmentedPrompt): PromptLanguage {
	const counts = [0, 0, 0, 0];
	for (const unit of parts.instruction) {
		for (const hit of unit.hits) {
			for (let i = 0; i < 4; i++) counts[i]! += (hit.languages >> i) & 1;
		}
	}
	return LEXICON_LANGUAGES[counts.indexOf(Math.max(...counts))]!;
}
