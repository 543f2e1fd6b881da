import { describe, expect, it } from '@jest/globals';
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { CacheStore } from '../../nodes/CacheStore/CacheStore.node';
import { CachedChatModel } from '../../nodes/CachedChatModel/CachedChatModel.node';
import { CachedEmbeddings } from '../../nodes/CachedEmbeddings/CachedEmbeddings.node';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import { LlmEndpointTrigger } from '../../nodes/LlmEndpointTrigger/LlmEndpointTrigger.node';
import { TaskClassifier } from '../../nodes/TaskClassifier/TaskClassifier.node';

const NODES = [
	CacheLookup,
	CacheStore,
	CachedChatModel,
	CachedEmbeddings,
	CostTracker,
	LlmEndpointTrigger,
	TaskClassifier,
];

/** Names of the parameters of the same level that decide whether one of this name is shown. */
function decidersOf(name: string, properties: readonly INodeProperties[]): string[] {
	const shown = properties.filter((one) => one.name === name);
	const rules = shown.flatMap(({ displayOptions }) => Object.values(displayOptions ?? {}));
	const names = new Set(properties.map((one) => one.name));
	return rules.flatMap((rule) => Object.keys(rule as object)).filter((rule) => names.has(rule));
}

/** `parameter before what decides over it`, for every one that n8n (2.41, November 2026) therefore reads twice. */
function readTwice({ properties }: INodeTypeDescription): string[] {
	return properties.flatMap(({ name }, at) => {
		const before = properties.slice(0, at).map((one) => one.name);
		return decidersOf(name, properties)
			.filter((decider) => !before.includes(decider))
			.map((decider) => `${name} before ${decider}`);
	});
}

describe('the parameters of a node', () => {
	it.each(NODES.map((Node) => [Node.name, new Node().description] as const))(
		'stand behind those that decide whether they are shown: %s',
		(_name, description) => {
			expect(readTwice(description)).toEqual([]);
		},
	);
});
