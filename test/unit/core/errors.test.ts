import { describe, expect, it, jest } from '@jest/globals';
import type * as Errors from '../../../nodes/shared/core/errors';
import { ConfigError, CorruptEntry, StoreUnavailable } from '../../../nodes/shared/core/errors';

describe('an error of this package', () => {
	it('is known to code that n8n has loaded anew since, and no other error is taken for it', async () => {
		let before!: typeof Errors;
		jest.isolateModules(() => {
			// eslint-disable-next-line @typescript-eslint/no-require-imports
			before = require('../../../nodes/shared/core/errors') as typeof Errors;
		});
		expect(before.StoreUnavailable).not.toBe(StoreUnavailable);
		const away = new before.StoreUnavailable('away');
		expect(away).toBeInstanceOf(StoreUnavailable);
		expect(away).not.toBeInstanceOf(ConfigError);
		expect(new before.ConfigError('x', 'y', 'z')).toBeInstanceOf(ConfigError);
		expect(new before.CorruptEntry('x')).toBeInstanceOf(CorruptEntry);
		expect(new Error('x')).not.toBeInstanceOf(StoreUnavailable);
	});
});
