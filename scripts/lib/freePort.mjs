import net from 'node:net';

const probe = (port) =>
	new Promise((resolve) => {
		const server = net.createServer();
		server.once('error', () => resolve(0));
		server.listen(port, '127.0.0.1', () => {
			const taken = server.address().port;
			server.close(() => resolve(taken));
		});
	});

/** A free TCP port on loopback: the first of `wishes` that is free, else any. */
export async function freePort(...wishes) {
	for (const wish of wishes.filter(Boolean)) {
		if ((await probe(wish)) !== 0) return wish;
	}
	return probe(0);
}
