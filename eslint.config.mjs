import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

const community = n8nCommunityNodesPlugin.configs.recommendedWithoutN8nCloudSupport;

export default tseslint.config(
	{ ignores: ['dist/**', 'coverage/**', 'scripts/n8n-host/**', 'node_modules/**'] },
	...tseslint.configs.recommended,
	{
		rules: {
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', ignoreRestSiblings: true },
			],
		},
	},
	{ files: ['**/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
	{
		files: ['nodes/*/*.ts', 'credentials/**/*.ts'],
		ignores: ['nodes/shared/**'],
		plugins: { '@n8n/community-nodes': n8nCommunityNodesPlugin },
		rules: {
			...community.rules,
			// Redis needs a TCP client and prices a data package: this package is for self-hosted n8n.
			'@n8n/community-nodes/no-runtime-dependencies': 'off',
			// Errors of the package become n8n's in one place, nodes/shared/n8n/nodeErrors.ts.
			'@n8n/community-nodes/require-node-api-error': 'off',
			// The description, icon included, stands in a file of its own, which this rule does not follow.
			'@n8n/community-nodes/icon-validation': 'off',
			// Disagrees with credential-password-field on the same fields.
			'@n8n/community-nodes/credential-unnecessary-password': 'off',
			// Tested by a method of Cache Lookup (testedBy), which this rule does not follow.
			'@n8n/community-nodes/credential-test-required': 'off',
		},
	},
	{
		files: ['nodes/**/*.node.ts', 'nodes/**/*.description.ts'],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			// The two below expect the description inside the class, and connection types as bare strings.
			'n8n-nodes-base/node-filename-against-convention': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			// See require-node-api-error above.
			'n8n-nodes-base/node-execute-block-wrong-error-thrown': 'off',
		},
	},
	{
		files: ['credentials/**/*.ts'],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// For n8n's own nodes, whose documentation is a slug; ours is a URL.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
		},
	},
);
