/** One configuration for unit, contract, property and node tests; e2e has its own runner (scripts/run-e2e.mjs). */
module.exports = {
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
	},
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	testPathIgnorePatterns: process.env.PROMPT_CACHE_E2E ? [] : ['<rootDir>/test/e2e/'],
	modulePathIgnorePatterns: ['<rootDir>/dist/'],
	testTimeout: 30_000,
};
