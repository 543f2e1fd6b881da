import type { IExecuteFunctions, ISourceData } from 'n8n-workflow';
import type { EqualItems } from '../shared/n8n/equalItems';
import { once } from '../shared/n8n/parameters';
import { LOOKUP_TYPE } from '../shared/n8n/upstreamLookup';
import { isHit } from '../shared/services/lookup';
import type { BackendAnswer } from './askBackend';
import type { LookupOptions, ReadItem } from './readItems';

const STORE_TYPE = /(^|\.)cacheStore$/;

export interface EqualMisses {
	/** Items that do not leave: the first with the same request asks for them. */
	held: ReadonlySet<number>;
	behind: ReadonlyMap<number, EqualItems>;
}

const NONE: EqualMisses = { held: new Set(), behind: new Map() };

/**
 * Finds the misses of a batch that ask the same as one before them. They are held back only where the user wants it
 * and a Cache Store behind this node gives them out again; otherwise each leaves by itself, so that none is lost.
 */
export function equalMisses(
	ctx: IExecuteFunctions,
	read: readonly ReadItem[],
	answer: BackendAnswer,
): EqualMisses {
	const { equalItems } = once<LookupOptions>(ctx, 'options', {});
	if (equalItems !== 'once' || once(ctx, 'operation', 'lookup') !== 'lookup') return NONE;
	const firsts = new Map<string, number>();
	const others = new Map<number, number[]>();
	read.forEach((one, index) => {
		if ('error' in one || !asksModel(one, answer)) return;
		const { key } = one.asked;
		const first = firsts.get(key);
		if (first === undefined) {
			firsts.set(key, index);
			return;
		}
		const behind = others.get(first);
		if (behind) behind.push(index);
		else others.set(first, [index]);
	});
	if (others.size === 0) return NONE;
	const source = sourceOf(ctx);
	if (!source || !givenOutBehind(ctx)) {
		ctx.addExecutionHints({
			message:
				'Equal items asked the model each: no Cache Store was found that could answer the rest, or another Cache Lookup stands before it.',
			location: 'outputPane',
			type: 'warning',
		});
		return NONE;
	}
	return {
		held: new Set([...others.values()].flat()),
		behind: new Map([...others].map(([first, items]) => [first, { source, first, items }])),
	};
}

/** A plain miss: whoever asked to pass the cache by, or for a cached answer only, is not answered by another. */
function asksModel(
	one: Exclude<ReadItem, { error: unknown }>,
	{ outcomes, semantic }: BackendAnswer,
): boolean {
	const outcome = outcomes.get(one)!;
	const { noCache, noStore, onlyIfCached } = one.asked.control;
	if (isHit(outcome) || semantic.get(one)?.hit) return false;
	return outcome.status === 'miss' && !noCache && !noStore && !onlyIfCached;
}

function sourceOf(ctx: IExecuteFunctions): ISourceData | undefined {
	try {
		return ctx.getInputSourceData();
	} catch {
		// n8n has none where the node is run by itself.
		return undefined;
	}
}

/** A Cache Store, and no further lookup on the way that would take the place of this one. */
function givenOutBehind(ctx: IExecuteFunctions): boolean {
	const { name: own } = ctx.getNode();
	const nodes = ctx
		.getChildNodes(own, { includeNodeParameters: true })
		.filter(({ name, disabled }) => name !== own && !disabled);
	const stores = nodes.some(
		({ type, parameters }) =>
			STORE_TYPE.test(type) && (parameters?.operation ?? 'store') === 'store',
	);
	const looksUpAgain = nodes.some(
		({ type, parameters }) => LOOKUP_TYPE.test(type) && parameters?.operation !== 'fallback',
	);
	return stores && !looksUpAgain;
}
