import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CachingRule } from '../../core/prefix/rules';
import { readCachingRules } from '../../core/prefix/rules';

let loaded: CachingRule[] | undefined;

/** When providers cache a prefix, read once per process. */
export function bundledCachingRules(): CachingRule[] {
	if (loaded === undefined) {
		const path = join(__dirname, '..', '..', 'data', 'prompt-caching.json');
		const rules = readCachingRules(JSON.parse(readFileSync(path, 'utf8')) as unknown);
		if (rules === null) throw new Error('prompt-caching.json is damaged: reinstall the package');
		loaded = rules;
	}
	return loaded;
}
