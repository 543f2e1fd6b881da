import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { findKey, keyDigest, presentedKey } from '../../../nodes/shared/core/key/bearerKeys';
import { errorBody } from '../../../nodes/shared/core/protocol/errors';
import { modelsBody } from '../../../nodes/shared/core/protocol/models';
import { takeRequest, type Bucket } from '../../../nodes/shared/core/protocol/rateLimit';
import { readRequest } from '../../../nodes/shared/core/protocol/readRequest';
import { findRoute } from '../../../nodes/shared/core/protocol/routes';

describe('the routes of an endpoint', () => {
	it.each([
		['openAi', 'POST', '/v1/chat/completions', 'chat'],
		['openAi', 'POST', '/v1/chat/completions/', 'chat'],
		['openAi', 'POST', '/v1/embeddings', 'embeddings'],
		['openAi', 'GET', '/v1/models', 'models'],
		['anthropic', 'POST', '/v1/messages', 'message'],
		['json', 'POST', '', 'json'],
		['json', 'POST', '/', 'json'],
	] as const)('%s answers %s %s', (protocol, method, path, operation) => {
		expect(findRoute(protocol, method, path)).toEqual({ found: true, operation });
	});

	it('gives one model by its name', () => {
		expect(findRoute('openAi', 'GET', '/v1/models/qwen3:8b')).toEqual({
			found: true,
			operation: 'models',
			modelId: 'qwen3:8b',
		});
	});

	it.each([
		['POST', '/v1/chat%2fcompletions', 404],
		['POST', '/V1/chat/completions', 404],
		['POST', '//v1/chat/completions', 404],
		['POST', '/v1/chat/completions/../embeddings', 404],
		['GET', '/v1/models/a/b', 404],
		['GET', '/v1/chat/completions', 405],
		['DELETE', '/v1/models', 405],
		['OPTIONS', '/v1/chat/completions', 405],
	] as const)('has no answer to %s %s', (method, path, status) => {
		expect(findRoute('openAi', method, path)).toMatchObject({ found: false, error: { status } });
	});
});

describe('keys', () => {
	const key = (name: string, text: string) => ({
		name,
		digest: keyDigest(text),
		namespace: name,
		requestsPerMinute: 0,
	});
	const hashed = `sha256:${createHash('sha256').update('key-of-carol').digest('hex')}`;
	const keys = [key('alice', 'key-of-alice'), key('bob', 'key-of-bob'), key('carol', hashed)];

	it('find their caller, also where only the digest is kept', () => {
		expect(findKey(keys, 'key-of-alice')?.namespace).toBe('alice');
		expect(findKey(keys, 'key-of-bob')?.namespace).toBe('bob');
		expect(findKey(keys, 'key-of-carol')?.namespace).toBe('carol');
	});

	it.each(['', undefined, 'key-of-alic', 'key-of-alice ', 'KEY-OF-ALICE', hashed])(
		'find nobody for %j',
		(presented) => {
			expect(findKey(keys, presented)).toBeUndefined();
		},
	);

	it('are read from the headers that clients use, and not from two at once', () => {
		expect(presentedKey({ authorization: 'Bearer k' })).toBe('k');
		expect(presentedKey({ authorization: 'bearer k' })).toBe('k');
		expect(presentedKey({ 'x-api-key': 'k' })).toBe('k');
		expect(presentedKey({ 'api-key': 'k' })).toBe('k');
		expect(presentedKey({ authorization: 'Bearer k', 'x-api-key': 'k' })).toBe('k');
		expect(presentedKey({ authorization: 'Bearer k', 'x-api-key': 'other' })).toBeUndefined();
		expect(presentedKey({ authorization: 'Bearer a, Bearer b' })).toBeUndefined();
		expect(presentedKey({ authorization: 'Basic k' })).toBeUndefined();
		expect(presentedKey({})).toBeUndefined();
	});
});

describe('a rate limit', () => {
	it('lets a minute of requests through at once, then one for each share of a minute', () => {
		let bucket: Bucket | undefined;
		const take = (nowMs: number) => {
			const taken = takeRequest(bucket, 6, nowMs);
			bucket = taken.bucket;
			return taken;
		};
		expect(Array.from({ length: 6 }, () => take(0).allowed)).toEqual(new Array(6).fill(true));
		expect(take(0)).toMatchObject({ allowed: false, retryAfterSeconds: 10 });
		expect(take(9_999).allowed).toBe(false);
		expect(take(10_000).allowed).toBe(true);
		expect(take(10_000).allowed).toBe(false);
		expect(take(9_000).allowed).toBe(false);
	});
});

describe('a request', () => {
	it.each([
		['chat', '{', 'invalid_json'],
		['chat', '"text"', 'invalid_json'],
		['chat', 'null', 'invalid_json'],
		['chat', '{"messages":[{"role":"user","content":"x"}]}', 'invalid_request'],
		['chat', '{"model":"m","messages":[]}', 'invalid_request'],
		['chat', '{"model":"m","messages":"hello"}', 'invalid_request'],
		['chat', '{"model":"m","messages":["hello"]}', 'invalid_request'],
		['chat', '{"model":"m","messages":[{}],"stream":"yes"}', 'invalid_request'],
		['message', '{"model":7,"messages":[{}]}', 'invalid_request'],
		['embeddings', '{"model":"m"}', 'invalid_request'],
	] as const)('for %s is refused as %s', (operation, text, code) => {
		expect(readRequest(operation, text)).toMatchObject({ ok: false, error: { status: 400, code } });
	});

	it('is streamed only where the protocol has streams and the client asks', () => {
		const text = '{"model":"m","messages":[{}],"stream":true}';
		expect(readRequest('chat', text)).toMatchObject({ ok: true, streamed: true });
		expect(readRequest('json', text)).toMatchObject({ ok: true, streamed: false });
	});
});

describe('errors', () => {
	const error = { status: 429, message: 'slow down', code: 'rate_limit_exceeded' };

	it('have the shape that clients of each protocol read', () => {
		expect(errorBody('openAi', error)).toEqual({
			error: { message: 'slow down', type: 'rate_limit_exceeded', param: null, code: error.code },
		});
		expect(errorBody('anthropic', error)).toEqual({
			type: 'error',
			error: { type: 'rate_limit_error', message: 'slow down' },
		});
		expect(errorBody('json', error)).toEqual({ error: { message: 'slow down', code: error.code } });
	});
});

describe('the list of models', () => {
	it('is as each protocol has it, and tells an unknown model from a known one', () => {
		expect(modelsBody('openAi', ['a', 'b'], undefined)).toMatchObject({
			body: { object: 'list', data: [{ id: 'a', object: 'model' }, { id: 'b' }] },
		});
		expect(modelsBody('anthropic', ['a', 'b'], undefined)).toMatchObject({
			body: {
				data: [{ id: 'a', type: 'model' }, { id: 'b' }],
				first_id: 'a',
				last_id: 'b',
				has_more: false,
			},
		});
		expect(modelsBody('openAi', ['a'], 'a')).toMatchObject({ body: { id: 'a' } });
		expect(modelsBody('openAi', ['a'], 'z')).toMatchObject({ ok: false, error: { status: 404 } });
	});
});
