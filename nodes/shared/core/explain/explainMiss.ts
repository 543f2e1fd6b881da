import type { Components } from './components';

/**
 * Names what differs between a request and the nearest earlier one with the same user text.
 * The conversation as a whole is named only where no other part explains the difference.
 */
export function explainMiss(now: Components, earlier: Components | undefined): string[] {
	if (!earlier) return ['no entry for this prompt'];
	const reasons: string[] = [];
	const names = [...new Set([...Object.keys(earlier), ...Object.keys(now)])].sort();
	for (const name of names) {
		const before = earlier[name];
		const after = now[name];
		if (before === after || name === 'conversation') continue;
		if (before === undefined) reasons.push(`${name} was added${suffix(after)}`);
		else if (after === undefined) reasons.push(`${name} was left out${suffix(before)}`);
		else if (before.startsWith('#') || after.startsWith('#')) reasons.push(`${name} changed`);
		else reasons.push(`${name} ${before} became ${after}`);
	}
	if (reasons.length > 0) return reasons;
	return now.conversation === earlier.conversation
		? ['no entry for this prompt']
		: ['the messages before the last one changed'];
}

function suffix(value: string | undefined): string {
	return value === undefined || value.startsWith('#') ? '' : ` (${value})`;
}
