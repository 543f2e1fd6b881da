import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class PromptCacheRedisApi implements ICredentialType {
	name = 'promptCacheRedisApi';

	displayName = 'Prompt Cache Redis API';

	icon: Icon = { light: 'file:promptCacheRedis.svg', dark: 'file:promptCacheRedis.dark.svg' };

	documentationUrl = 'https://www.npmjs.com/package/n8n-nodes-prompt-cache#redis';

	testedBy = 'promptCacheRedisTest';

	properties: INodeProperties[] = [
		{
			displayName: 'Mode',
			name: 'mode',
			type: 'options',
			options: [
				{ name: 'Cluster', value: 'cluster' },
				{ name: 'Sentinel', value: 'sentinel' },
				{ name: 'Standalone', value: 'standalone' },
			],
			default: 'standalone',
		},
		{
			displayName: 'Host',
			name: 'host',
			type: 'string',
			default: 'localhost',
			displayOptions: { show: { mode: ['standalone'] } },
		},
		{
			displayName: 'Port',
			name: 'port',
			type: 'number',
			default: 6379,
			displayOptions: { show: { mode: ['standalone'] } },
		},
		{
			displayName: 'Nodes',
			name: 'nodes',
			type: 'string',
			default: '',
			placeholder: 'e.g. redis-1:6379, redis-2:6379',
			description: 'Cluster nodes or sentinels to start from, as host:port, separated by commas',
			displayOptions: { show: { mode: ['cluster', 'sentinel'] } },
		},
		{
			displayName: 'Sentinel Group Name',
			name: 'sentinelName',
			type: 'string',
			default: 'mymaster',
			displayOptions: { show: { mode: ['sentinel'] } },
		},
		{
			displayName: 'Sentinel Password',
			name: 'sentinelPassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { mode: ['sentinel'] } },
		},
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			description: 'ACL user; leave empty for the default user',
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			default: '',
		},
		{
			displayName: 'Database Number',
			name: 'database',
			type: 'number',
			default: 0,
			displayOptions: { show: { mode: ['standalone', 'sentinel'] } },
		},
		{
			displayName: 'Key Prefix',
			name: 'keyPrefix',
			type: 'string',
			typeOptions: { password: true },
			default: 'pc:',
			description: 'Beginning of every key this package writes',
		},
		{
			displayName: 'Use TLS',
			name: 'tls',
			type: 'boolean',
			default: false,
		},
		{
			displayName: 'Verify Server Certificate',
			name: 'tlsVerify',
			type: 'boolean',
			default: true,
			displayOptions: { show: { tls: [true] } },
		},
		{
			displayName: 'CA Certificate',
			name: 'tlsCa',
			type: 'string',
			typeOptions: { password: true, rows: 4 },
			default: '',
			description: 'PEM text of your own authority; leave empty for a public one',
			displayOptions: { show: { tls: [true] } },
		},
		{
			displayName: 'Client Certificate',
			name: 'tlsCert',
			type: 'string',
			typeOptions: { password: true, rows: 4 },
			default: '',
			displayOptions: { show: { tls: [true] } },
		},
		{
			displayName: 'Client Key',
			name: 'tlsKey',
			type: 'string',
			typeOptions: { password: true, rows: 4 },
			default: '',
			displayOptions: { show: { tls: [true] } },
		},
		{
			displayName: 'Encryption Keys',
			name: 'encryptionKeys',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. 64 hex characters',
			description:
				'Encrypts stored answers with AES-256-GCM. One key of 64 hex characters; to rotate, put the new key first and keep the old ones behind it, separated by commas. Leave empty for no encryption.',
		},
	];
}
