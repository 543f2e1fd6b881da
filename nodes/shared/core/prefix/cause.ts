/** What kind of text changes from call to call and so ends the stable prefix. */
export type BreakCause =
	'date' | 'id' | 'email' | 'number' | 'tool order' | 'tools changed' | 'user message' | 'text';

/** Patterns in the order in which they are asked; English, French, German and Spanish dates. */
const patterns: Array<[BreakCause, RegExp]> = [
	['id', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/i],
	[
		'date',
		/\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2})?|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d{2}(:\d{2})?\b/,
	],
	[
		'date',
		/\b\d{1,2}(st|nd|rd|th|er|\.)?\s+(de\s+)?(jan|feb|fév|mar|mär|apr|avr|abr|mai|may|jun|juin|jul|juil|aug|août|ago|sep|oct|okt|nov|dec|déc|dez|dic|ene)\p{L}*/iu,
	],
	['date', /\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}*\.?\s+\d{1,2}\b/iu],
	['email', /[\w.+-]+@[\w-]+\.[\w.]+/],
	['id', /\b(?=[0-9a-z_-]*\d)(?=[0-9a-z_-]*[a-z])[0-9a-z_-]{16,}\b/i],
	['number', /\d/],
];

/** What changes in a line that differed from the call before. */
export function causeOf(text: string): BreakCause {
	return patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';
}

/** Whether a line holds what is new in every call: a date, an id or an address. */
export function isVolatile(text: string): boolean {
	return ['date', 'id', 'email'].includes(causeOf(text));
}
