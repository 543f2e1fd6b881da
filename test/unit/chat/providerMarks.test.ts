import { describe, expect, it } from '@jest/globals';
import {
	anthropicMarks,
	smallestPrefix,
	type MarkableMessage,
} from '../../../nodes/shared/core/chat/providerMarks';

const turn = (role: MarkableMessage['role'], tokens: number): MarkableMessage => ({ role, tokens });

describe("marks for Anthropic's prompt cache", () => {
	it('stand after a long system prompt', () => {
		expect(anthropicMarks([turn('system', 2000), turn('user', 10)], 0, 1024)).toEqual([0]);
	});

	it('count the tools before the system prompt as part of its beginning', () => {
		expect(anthropicMarks([turn('system', 500), turn('user', 10)], 600, 1024)).toContain(0);
	});

	it('are left out where the beginning is too short to be kept', () => {
		expect(anthropicMarks([turn('system', 500), turn('user', 10)], 0, 1024)).toEqual([]);
	});

	it('stand after the last message of a tool loop, whose next turn repeats it', () => {
		const loop = [turn('system', 20), turn('user', 1500), turn('assistant', 5), turn('tool', 40)];
		expect(anthropicMarks(loop, 100, 1024)).toEqual([3]);
	});

	it('are left out after the last message where nothing will repeat it', () => {
		expect(anthropicMarks([turn('user', 5000)], 0, 1024)).toEqual([]);
	});

	it('need a longer beginning where the model is not known', () => {
		expect(smallestPrefix('claude-sonnet-4-5')).toBe(1024);
		expect(smallestPrefix('claude-haiku-4-5')).toBe(4096);
		expect(smallestPrefix('somebody-elses-model')).toBe(4096);
	});
});
