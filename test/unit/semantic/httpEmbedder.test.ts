import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpEmbedder } from '../../../nodes/shared/drivers/embedders/http';

interface Call {
	path: string;
	authorization?: string;
	body: { inputs?: string[]; input?: string[]; model?: string };
}

let server: Server | undefined;

async function serve(answer: (call: Call) => { status: number; body: unknown }): Promise<string> {
	server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const { status, body } = answer({
				path: request.url ?? '',
				authorization: request.headers.authorization,
				body: JSON.parse(Buffer.concat(chunks).toString()) as Call['body'],
			});
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(body));
		});
	});
	await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
	await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
	server = undefined;
});

describe('an embedder by HTTP', () => {
	it('asks a TEI server in batches and makes unit vectors', async () => {
		const calls: Call[] = [];
		const url = await serve((call) => {
			calls.push(call);
			return { status: 200, body: call.body.inputs!.map(() => [3, 4]) };
		});
		const vectors = await httpEmbedder({ url, protocol: 'tei', batchSize: 2 }).embed([
			'a',
			'b',
			'c',
		]);
		expect(calls.map((call) => [call.path, call.body.inputs])).toEqual([
			['/embed', ['a', 'b']],
			['/embed', ['c']],
		]);
		expect([...vectors[2]!]).toEqual([expect.closeTo(0.6, 5), expect.closeTo(0.8, 5)]);
	});

	it('puts the vectors of an OpenAI-compatible server into the order of the texts', async () => {
		const calls: Call[] = [];
		const url = await serve((call) => {
			calls.push(call);
			const data = [
				{ index: 1, embedding: [0, 2] },
				{ index: 0, embedding: [2, 0] },
			];
			return { status: 200, body: { data } };
		});
		const embedder = httpEmbedder({ url, protocol: 'openAi', model: 'm', apiKey: 'secret' });
		const [first, second] = await embedder.embed(['a', 'b']);
		expect([[...first!], [...second!]]).toEqual([
			[1, 0],
			[0, 1],
		]);
		expect(calls[0]).toMatchObject({ path: '/v1/embeddings', authorization: 'Bearer secret' });
		expect(embedder.id).toContain('openAi');
	});

	it('says what the server answered, without the key', async () => {
		const url = await serve(() => ({ status: 429, body: { error: 'slow down' } }));
		const embedder = httpEmbedder({ url, protocol: 'openAi', apiKey: 'secret' });
		await expect(embedder.embed(['a'])).rejects.toThrow(/status 429/);
		await expect(embedder.embed(['a'])).rejects.not.toThrow(/secret/);
	});

	it('refuses a reply with too few vectors and an address that is none', async () => {
		const url = await serve(() => ({ status: 200, body: [[1, 2]] }));
		await expect(httpEmbedder({ url, protocol: 'tei' }).embed(['a', 'b'])).rejects.toThrow(
			'does not hold 2 vectors',
		);
		expect(() => httpEmbedder({ url: 'nowhere', protocol: 'tei' })).toThrow('is not a URL');
	});
});
