import type { ICredentialDataDecryptedObject, IExecuteFunctions } from 'n8n-workflow';
import { headerList, tracesUrl, type OtlpTarget } from '../shared/drivers/telemetry/otlpSettings';

export type TraceTarget = { kind: 'none' } | { kind: 'target'; target: OtlpTarget } | Unusable;

/** Traces never fail a workflow: the reason goes into `cost.hints`. */
interface Unusable {
	kind: 'unusable';
	reason: string;
}

/** The collector that the node's parameters name. An expression in them that fails is told, never thrown. */
export async function readTraceTarget(ctx: IExecuteFunctions): Promise<TraceTarget> {
	try {
		return await namedTarget(ctx);
	} catch (error) {
		return unusable(error instanceof Error ? error.message : String(error));
	}
}

async function namedTarget(ctx: IExecuteFunctions): Promise<TraceTarget> {
	if (ctx.getNodeParameter('traces', 0, 'environment') !== 'collector') return { kind: 'none' };
	const text = String(ctx.getNodeParameter('tracesUrl', 0, ''));
	const url = tracesUrl(text);
	if (url === undefined) return unusable('"Collector URL" is not an http or https address');
	const more = headerList(String(ctx.getNodeParameter('tracesHeaders', 0, '')));
	if (more === undefined) return unusable('"Collector Headers" is not of the form name=value');
	const secret = await readSecret(ctx, new URL(url).hostname);
	if ('kind' in secret) return secret;
	return { kind: 'target', target: { url, headers: { ...more, ...secret.headers } } };
}

async function readSecret(
	ctx: IExecuteFunctions,
	host: string,
): Promise<{ headers: Record<string, string> } | Unusable> {
	const by = ctx.getNodeParameter('tracesAuthentication', 0, 'none') as string;
	if (by !== 'basicAuth' && by !== 'headerAuth') return { headers: {} };
	let data: ICredentialDataDecryptedObject;
	try {
		data = await ctx.getCredentials(by === 'basicAuth' ? 'httpBasicAuth' : 'httpHeaderAuth');
	} catch {
		return unusable('the credential of "Collector Authentication" is missing');
	}
	if (!mayGoTo(host, data)) return unusable('the credential does not allow this address');
	const { user = '', password = '', name = '', value = '' } = data as Record<string, string>;
	if (by === 'headerAuth') return { headers: { [name]: value } };
	const token = Buffer.from(`${user}:${password}`).toString('base64');
	return { headers: { authorization: `Basic ${token}` } };
}

/** n8n lets the owner of a credential name the hosts it may be sent to (2.x). */
function mayGoTo(host: string, data: ICredentialDataDecryptedObject): boolean {
	const { allowedHttpRequestDomains: which = 'all', allowedDomains = '' } = data;
	if (which !== 'domains') return which !== 'none';
	return String(allowedDomains)
		.split(',')
		.map((domain) => domain.trim().toLowerCase())
		.some((domain) =>
			domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : domain !== '' && host === domain,
		);
}

const unusable = (why: string): Unusable => ({
	kind: 'unusable',
	reason: `Traces are not sent: ${why}`,
});
