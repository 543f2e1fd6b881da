import { ConfigError } from '../errors';

/** Per-request directives of RFC 9111 (5.2.1) and RFC 5861; ages in seconds. */
export interface CacheControl {
	noCache: boolean;
	noStore: boolean;
	onlyIfCached: boolean;
	maxAgeSeconds?: number;
	minFreshSeconds?: number;
	staleWhileRevalidateSeconds?: number;
	staleIfErrorSeconds?: number;
}

const FLAGS = {
	'no-cache': 'noCache',
	'no-store': 'noStore',
	'only-if-cached': 'onlyIfCached',
} as const;

const AGES = {
	'max-age': 'maxAgeSeconds',
	'min-fresh': 'minFreshSeconds',
	'stale-while-revalidate': 'staleWhileRevalidateSeconds',
	'stale-if-error': 'staleIfErrorSeconds',
} as const;

const PARAMETER = 'Cache Control';

/**
 * Reads a Cache-Control text such as `max-age=60, stale-while-revalidate=300`.
 * @throws ConfigError on a directive that is unknown or lacks its seconds: a typo must not change what is served
 */
export function parseCacheControl(text: string): CacheControl {
	const control: CacheControl = { noCache: false, noStore: false, onlyIfCached: false };
	for (const part of text.toLowerCase().split(',')) {
		const [name = '', value] = part.trim().split('=');
		if (name === '') continue;
		if (Object.hasOwn(FLAGS, name)) control[FLAGS[name as keyof typeof FLAGS]] = true;
		else if (Object.hasOwn(AGES, name))
			control[AGES[name as keyof typeof AGES]] = seconds(name, value);
		else {
			throw new ConfigError(
				`"${name}" is not a known directive`,
				PARAMETER,
				`Known are ${[...Object.keys(FLAGS), ...Object.keys(AGES).map((age) => `${age}=`)].join(', ')}.`,
			);
		}
	}
	return control;
}

function seconds(name: string, value: string | undefined): number {
	const number = Number(value?.replaceAll('"', ''));
	if (value && Number.isFinite(number) && number >= 0) return number;
	throw new ConfigError(
		`"${name}" needs a number of seconds that is not negative`,
		PARAMETER,
		`e.g. ${name}=60`,
	);
}
