/** A collector that a node names; undefined members mean the environment's, by OpenTelemetry's standard names. */
export interface OtlpTarget {
	/** Whole address, path included. */
	url: string;
	headers: Readonly<Record<string, string>>;
}

/**
 * The address for traces under a collector's base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` is read: `/v1/traces` is
 * added where it is missing. Undefined where the text is no http address.
 */
export function tracesUrl(text: string): string | undefined {
	let url: URL;
	try {
		url = new URL(text.trim());
	} catch {
		return undefined;
	}
	if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
	const path = url.pathname.replace(/\/+$/, '');
	url.pathname = path.endsWith('/v1/traces') ? path : `${path}/v1/traces`;
	return url.href;
}

/** `name=value, name=value`, the notation of `OTEL_EXPORTER_OTLP_HEADERS`; undefined where it is not that. */
export function headerList(text: string): Record<string, string> | undefined {
	const headers: Record<string, string> = {};
	for (const part of text.split(',').map((one) => one.trim())) {
		if (part === '') continue;
		const at = part.indexOf('=');
		const name = part.slice(0, at).trim();
		const value = part.slice(at + 1).trim();
		if (at < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n]/.test(value)) return undefined;
		headers[name] = value;
	}
	return headers;
}
