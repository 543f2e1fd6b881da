import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { explainRequest } from '../shared/core/explain/components';
import { parseCacheControl, type CacheControl } from '../shared/core/freshness/cacheControl';
import type { JsonObject } from '../shared/core/json';
import { commaSeparated } from '../shared/core/key/ignoredFields';
import { requestKey } from '../shared/core/key/requestKey';
import { normalizeTexts } from '../shared/core/request/normalizeTexts';
import { perItem } from '../shared/n8n/parameters';
import { readNumber } from '../shared/n8n/readNumber';
import { requestReader } from '../shared/n8n/readRequest';
import type { LookupRequest } from '../shared/services/lookup';

/** The collection `options` of the node. */
export interface LookupOptions {
	outputField?: string;
	hitItem?: 'keep' | 'answer';
	cacheControl?: string;
	coalesce?: boolean;
	coalesceWaitMs?: number;
	equalItems?: 'each' | 'once';
	normalization?: 'none' | 'whitespace';
	ignoreFields?: string;
	keyVersion?: string;
	maxRequestBytes?: number;
	timeoutMs?: number;
	onBackendError?: 'miss' | 'fail';
}

const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

/** A request as read from its item, or why it could not be. */
export type ReadItem = ReadRequest | { error: unknown };

export interface ReadRequest {
	/** Of its item. */
	index: number;
	request: JsonObject;
	keyVersion: string;
	ignoreFields: readonly string[];
	asked: LookupRequest;
}

/** What one item's options say, read; a batch mostly shares one. */
interface ItemSettings {
	keyVersion: string;
	ignoreFields: readonly string[];
	control: CacheControl;
	normalizes: boolean;
	maxBytes: number;
}

/** @throws ConfigError on a cache control that is not understood */
function settingsOf(options: LookupOptions): ItemSettings {
	return {
		keyVersion: options.keyVersion ?? '',
		ignoreFields: commaSeparated(options.ignoreFields ?? ''),
		control: parseCacheControl(options.cacheControl ?? ''),
		normalizes: options.normalization === 'whitespace',
		maxBytes: readNumber(options.maxRequestBytes ?? MAX_REQUEST_BYTES, 'Largest Request (Bytes)'),
	};
}

/** Items that are read together. */
const PART = 256;

/** The items of one execution; each is read once, when its part is first asked for. */
export interface Reading {
	/** A large batch in parts: n8n and the backend's answers get a turn in between. */
	parts: ReadonlyArray<() => Promise<ReadItem[]>>;
	all(): Promise<ReadItem[]>;
}

/**
 * Reads the items' requests and makes their keys.
 * @throws ConfigError where a parameter that all items share is not usable
 */
export function readItems(ctx: IExecuteFunctions, items: INodeExecutionData[]): Reading {
	const read = requestReader(ctx);
	const namespaceOf = perItem(ctx, 'namespace', 'default');
	const options = perItem<LookupOptions>(ctx, 'options', {});
	let known: { options: LookupOptions; settings: ItemSettings } | undefined;
	const settingsAt = (index: number): ItemSettings => {
		const given = options(index);
		if (known?.options !== given) known = { options: given, settings: settingsOf(given) };
		return known.settings;
	};
	const readPart = async (from: number): Promise<ReadItem[]> => {
		if (from > 0) await new Promise((resolve) => setImmediate(resolve));
		const part: ReadItem[] = [];
		for (let index = from; index < Math.min(from + PART, items.length); index++) {
			try {
				const { keyVersion, ignoreFields, control, normalizes, maxBytes } = settingsAt(index);
				const reading = read(items[index]!, index);
				const found = reading instanceof Promise ? await reading : reading;
				const request = normalizes ? (normalizeTexts(found) as JsonObject) : found;
				const namespace = String(namespaceOf(index) || 'default');
				const key = requestKey(request, { namespace, keyVersion, ignoreFields, maxBytes });
				const explained = explainRequest(request, keyVersion, ignoreFields);
				const asked = { namespace, key, explained, control };
				part.push({ index, request, keyVersion, ignoreFields, asked });
			} catch (error) {
				part.push({ error });
			}
		}
		return part;
	};
	const parts = Array.from({ length: Math.ceil(items.length / PART) }, (_, at) => {
		let part: Promise<ReadItem[]> | undefined;
		return () => (part ??= readPart(at * PART));
	});
	return {
		parts,
		async all() {
			const all: ReadItem[] = [];
			for (const part of parts) all.push(...(await part()));
			return all;
		},
	};
}
