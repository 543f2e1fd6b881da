/** What must not travel inside a template: identities, secrets, pinned data, machine paths. */
const TOP_LEVEL = ['name', 'nodes', 'connections', 'active', 'settings', 'tags', 'meta'];

const SECRETS = [
	[/\bsk-[A-Za-z0-9_-]{16,}/, 'an OpenAI or Anthropic key'],
	[/\bAIza[A-Za-z0-9_-]{20,}/, 'a Google key'],
	[/\bgh[pousr]_[A-Za-z0-9]{20,}/, 'a GitHub token'],
	[/\bxox[abprs]-[A-Za-z0-9-]{10,}/, 'a Slack token'],
	[/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\./, 'a JSON web token'],
	[/\bBearer\s+(?!\{\{)[A-Za-z0-9._-]{8,}/, 'a bearer token'],
	[/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
	[/:\/\/[^/\s"'@{}]+:[^/\s"'@{}]+@/, 'a URL with a password'],
	[/(?:^|["'\s])\/(?:root|home|Users|tmp)\//, "a path of somebody's machine"],
	[/\b[\w.+-]+@(?!example\.(?:com|org|net)\b)[\w-]+\.[a-z]{2,}\b/, 'an e-mail address'],
];

/** Problems of one template's text and parsed form; empty when there are none. */
export function secretProblems(text, workflow) {
	const problems = SECRETS.filter(([pattern]) => pattern.test(text)).map(
		([, what]) => `holds what looks like ${what}`,
	);
	for (const key of Object.keys(workflow)) {
		if (!TOP_LEVEL.includes(key)) problems.push(`has "${key}" at the top level`);
	}
	if (/"instanceId"/.test(text)) problems.push('holds an instance id');
	for (const node of workflow.nodes) {
		if (node.credentials) problems.push(`node "${node.name}" names a credential of an instance`);
	}
	return problems;
}
