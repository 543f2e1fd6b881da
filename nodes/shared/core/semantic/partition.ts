import { createHash } from 'node:crypto';
import { canonicalJson } from '../key/canonicalJson';
import { shapingFields } from '../key/requestKey';
import type { JsonObject } from '../json';
import { splitLastUserTurn } from '../request/lastUserTurn';

/** What nearness is asked of, and inside which bounds. */
export interface SemanticQuestion {
	text: string;
	/** 64 hex characters over everything that must be equal but the embedder: frame, model, tools, parameters. */
	frameId: string;
	partitionId: string;
}

/** Where nearness may be asked: a frame, under one embedder; 64 hex characters. */
export function partitionIdOf(frameId: string, embedderId: string): string {
	return sha256(`${frameId}\n${embedderId}`);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

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
	const frameId = sha256(canonicalJson({ namespace, keyVersion, scope, frame }));
	return { text: split.text, frameId, partitionId: partitionIdOf(frameId, embedderId) };
}
