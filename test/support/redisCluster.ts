import Redis from 'ioredis';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';

const SLOTS = 16_384;

export interface ClusterNode {
	server: RedisServer;
	id: string;
	client: Redis;
}

export interface RedisCluster {
	nodes: ClusterNode[];
	/** `host:port` of every node, comma separated, as the credential takes it. */
	list: string;
	/** Moves a slot with its keys from its owner to another node, as `redis-cli --cluster reshard` does. */
	moveSlot(slot: number, to: ClusterNode): Promise<void>;
	ownerOf(slot: number): Promise<ClusterNode>;
	close(): Promise<void>;
}

/** Three primaries on loopback, each with a third of the slots. */
export async function startCluster(): Promise<RedisCluster> {
	const nodes = await Promise.all([0, 1, 2].map(startNode));
	const share = Math.ceil(SLOTS / nodes.length);
	for (const [index, { client }] of nodes.entries()) {
		const last = Math.min((index + 1) * share, SLOTS) - 1;
		await client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
	}
	const [first, ...others] = nodes;
	for (const { server, busPort } of others) {
		await first!.client.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
	}
	await until(async () => (await Promise.all(nodes.map(knowsAll))).every(Boolean));

	const ownerOf = async (slot: number): Promise<ClusterNode> => {
		const ranges = (await first!.client.call('CLUSTER', 'SLOTS')) as Array<
			[number, number, [string, number, string]]
		>;
		const range = ranges.find(([from, to]) => from <= slot && slot <= to);
		return nodes.find(({ id }) => id === range?.[2][2])!;
	};

	return {
		nodes,
		list: nodes.map(({ server }) => `127.0.0.1:${server.port}`).join(','),
		ownerOf,
		async moveSlot(slot, to) {
			const from = await ownerOf(slot);
			if (from.id === to.id) return;
			await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
			await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
			// A key that has expired is listed until the server gets round to removing it, but cannot be moved.
			await until(async () => {
				const keys = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 50)) as string[];
				if (keys.length === 0) return true;
				const target = ['127.0.0.1', to.server.port, '', 0, 5_000, 'REPLACE', 'KEYS'];
				await from.client.call('MIGRATE', ...target, ...keys);
				return false;
			});
			for (const { client } of [to, from, ...nodes]) {
				await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
			}
		},
		async close() {
			for (const { client } of nodes) client.disconnect();
			await Promise.all(nodes.map(({ server }) => server.close()));
		},
	};
}

async function startNode(): Promise<ClusterNode & { busPort: number }> {
	const busPort = await freePort();
	const server = await startRedis({
		args: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
	});
	const client = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 1 });
	client.on('error', () => undefined);
	const id = String(await client.call('CLUSTER', 'MYID'));
	return { server, client, id, busPort };
}

async function knowsAll({ client }: ClusterNode): Promise<boolean> {
	const info = String(await client.cluster('INFO'));
	return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
}

/** Asks again until it is true. */
export async function until(holds: () => Promise<boolean>, tries = 400): Promise<void> {
	for (let asked = 0; asked < tries; asked++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	throw new Error('It did not come true in time');
}
