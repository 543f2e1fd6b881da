/** Many clients of an endpoint, with the official client, and what came of it. */
import OpenAI from 'openai';

export interface Load {
	/** Requests in all, of which each distinct one comes equally often. */
	requests: number;
	distinct: number;
	atOnce: number;
	/** Says what request a number stands for. */
	question(number: number): string;
	/** How often the client asks again where it is told to. */
	maxRetries: number;
}

export interface Outcome {
	/** Requests that were answered with their own answer. */
	right: number;
	/** What went wrong for a client, for each that got no answer or another one's. */
	wrong: string[];
	/** HTTP answers that were no success, by status and code; the client may have asked again. */
	refusals: Record<string, number>;
}

/** Numbers below `distinct` in an order that is the same on every run, and looks like none. */
function shuffled(requests: number, distinct: number): number[] {
	const numbers = Array.from({ length: requests }, (_, at) => at % distinct);
	let state = 7;
	for (let at = numbers.length - 1; at > 0; at--) {
		state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
		const other = state % (at + 1);
		[numbers[at], numbers[other]] = [numbers[other]!, numbers[at]!];
	}
	return numbers;
}

/** Sends the load to an endpoint of the stand-in, whose answers repeat the question. */
export async function sendLoad(baseURL: string, apiKey: string, load: Load): Promise<Outcome> {
	const outcome: Outcome = { right: 0, wrong: [], refusals: {} };
	const client = new OpenAI({
		baseURL,
		apiKey,
		maxRetries: load.maxRetries,
		fetch: async (...request) => {
			const answer = await fetch(...request);
			if (!answer.ok) {
				const { error } = (await answer.clone().json()) as { error?: { code?: string } };
				const told = `${answer.status} ${error?.code}`;
				outcome.refusals[told] = (outcome.refusals[told] ?? 0) + 1;
			}
			return answer;
		},
	});
	const waiting = shuffled(load.requests, load.distinct);
	const lane = async (): Promise<void> => {
		for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
			const content = load.question(number);
			try {
				const messages = [{ role: 'user' as const, content }];
				const answer = await client.chat.completions.create({ model: 'gpt-4o-mini', messages });
				const text = answer.choices[0]?.message.content ?? '';
				if (text.endsWith(` to: ${content}`)) outcome.right++;
				else outcome.wrong.push(`${content} was answered: ${text}`);
			} catch (error) {
				outcome.wrong.push(`${content}: ${String(error)}`);
			}
		}
	};
	await Promise.all(Array.from({ length: load.atOnce }, lane));
	return outcome;
}
