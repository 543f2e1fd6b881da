const entities: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** Text for HTML or SVG, in an element or an attribute; characters that neither may hold are left out. */
export function escapeHtml(text: string): string {
	return (
		text
			// C0 and C1 controls except tab and line ends, lone surrogates, non-characters
			.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '')
			.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '')
			.replace(/[&<>"']/g, (character) => entities[character] ?? '')
	);
}
