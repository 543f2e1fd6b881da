import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OverrideTable } from '../../core/price/overrideTable';
import { readOverrideTable } from '../../core/price/overrideTable';
import type { PriceBook } from '../../ports/PriceBook';
import { genaiPriceBook } from './genaiPrices';
import { overridePriceBook } from './overrides';

let loaded: OverrideTable | undefined;

/** The repository's override table, read once per process. */
export function bundledOverrides(): OverrideTable {
	if (loaded === undefined) {
		const path = join(__dirname, '..', '..', 'data', 'price-overrides.json');
		const table = readOverrideTable(JSON.parse(readFileSync(path, 'utf8')) as unknown);
		if (table === null) throw new Error('price-overrides.json is damaged: reinstall the package');
		loaded = table;
	}
	return loaded;
}

/** The prices that come with the package: genai-prices under the repository's dated overrides. */
export function bundledPriceBook(): PriceBook {
	return overridePriceBook(bundledOverrides(), genaiPriceBook());
}
