import { namesModel } from '../price/overrideTable';
import { isObject } from '../usage/json';

/** How a provider caches the beginning of prompts. */
export interface CachingRule {
	provider: string;
	models: string[];
	/** Shorter prefixes are silently not cached. */
	minTokens: number;
	/** Cached lengths are multiples of it. */
	stepTokens: number;
	/** By itself; by itself and better with a `prompt_cache_key`; or at `cache_control` breakpoints only. */
	how: 'automatic' | 'key' | 'breakpoint';
	/** Writing costs more than plain input. */
	write: boolean;
	/** How long an unused prefix is kept, in minutes. */
	ttlMinutes: number;
}

/** Checks the parsed rule file. @returns null when it is not one */
export function readCachingRules(value: unknown): CachingRule[] | null {
	if (!isObject(value) || !Array.isArray(value.rules)) return null;
	const isRule = (rule: unknown): boolean =>
		isObject(rule) && Array.isArray(rule.models) && typeof rule.minTokens === 'number';
	return value.rules.every(isRule) ? (value.rules as CachingRule[]) : null;
}

/** The first rule that names provider and model, or null where caching is not known to exist. */
export function ruleFor(
	rules: readonly CachingRule[],
	provider: string,
	model: string,
): CachingRule | null {
	return rules.find((rule) => rule.provider === provider && namesModel(rule.models, model)) ?? null;
}
