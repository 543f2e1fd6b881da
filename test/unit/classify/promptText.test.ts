import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { promptText } from '../../../nodes/shared/core/classify/promptText';

describe('the text of a request', () => {
	it('is its prompt', () => {
		expect(promptText({ model: 'llama', prompt: 'Why is the sky blue?' })).toBe(
			'Why is the sky blue?',
		);
	});

	it('is the last turn of the user, not the system prompt nor the answer before it', () => {
		const messages = [
			{ role: 'system', content: 'You are a poet.' },
			{ role: 'user', content: 'Write a poem about the sea, in four lines, with rhymes.' },
			{ role: 'assistant', content: 'The sea …' },
			{ role: 'user', content: 'Now translate the whole poem to French, keeping the rhymes.' },
		];
		expect(promptText({ messages })).toBe(
			'Now translate the whole poem to French, keeping the rhymes.',
		);
	});

	it('takes the turn before with it when the last one says little', () => {
		const messages = [
			{ role: 'user', content: 'Write a function that sorts a list.' },
			{ role: 'assistant', content: '…' },
			{ role: 'user', content: 'in Rust' },
		];
		expect(promptText({ messages })).toBe('Write a function that sorts a list.\n\nin Rust');
	});

	it('is found in parts, in Gemini contents and in a Responses input', () => {
		const content: JsonObject[] = [
			{ type: 'text', text: 'What is in' },
			{ type: 'image_url', image_url: { url: 'x' } },
			{ type: 'text', text: 'this picture, and who painted it?' },
		];
		expect(promptText({ messages: [{ role: 'user', content }] })).toBe(
			'What is in\nthis picture, and who painted it?',
		);
		expect(promptText({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] })).toBe('Hi');
		expect(promptText({ input: [{ role: 'user', content: 'Hi' }] })).toBe('Hi');
		expect(promptText({ input: 'Hi' })).toBe('Hi');
	});

	it('is empty where no user says anything', () => {
		expect(promptText({ messages: [{ role: 'system', content: 'Be brief.' }] })).toBe('');
		expect(promptText({})).toBe('');
	});
});
