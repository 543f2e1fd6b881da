import { createHash } from 'node:crypto';
import { canonicalJson } from '../key/canonicalJson';
import { shapingFields } from '../key/requestKey';
import type { JsonObject } from '../json';
import { splitLastUserTurn } from '../request/lastUserTurn';

/** What nearness is asked of, and inside which bounds. */
export interface SemanticQuestion {
	text: string;
	/** 64 hex characters over everything that must be equal: frame, model, tools, parameters, embedder. */
	partitionId: string;
}

/**
 * The semantic question of a request: the last user turn, inside the partition of everything else. Earlier turns are
 * part of the partition, so a follow-up ("and in Lyon?") never meets an entry of another conversation.
 * Undefined where the last turn is not a text of the user.
 */
export function semanticQuestion(
	request: JsonObject,
	options: {
		namespace: string;
		keyVersion: string;
		ignoreFields: readonly string[];
		scope: string;
		embedderId: string;
	},
): SemanticQuestion | undefined {
	const split = splitLastUserTurn(request);
	if (!split) return undefined;
	const { namespace, keyVersion, ignoreFields, scope, embedderId } = options;
	const frame = shapingFields(split.frame, ignoreFields);
	const material = canonicalJson({ namespace, keyVersion, scope, embedderId, frame });
	return { text: split.text, partitionId: createHash('sha256').update(material).digest('hex') };
}
