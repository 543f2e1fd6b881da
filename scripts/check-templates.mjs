/**
 * `npm run templates:check [folder]`: checks every shipped template for shape, secrets and for what
 * the built nodes know. Prints one line per problem and ends with 1 when there is one.
 */
import { readTemplates } from './lib/templates/files.mjs';
import { builtDescriptions, packageNodeProblems } from './lib/templates/packageNodes.mjs';
import { secretProblems } from './lib/templates/secrets.mjs';
import { shapeProblems } from './lib/templates/shape.mjs';

function sharedIdProblems(templates, label, idsOf) {
	const owners = new Map();
	for (const { file, workflow } of templates) {
		for (const id of idsOf(workflow)) owners.set(id, [...(owners.get(id) ?? []), file]);
	}
	return [...owners]
		.filter(([, files]) => files.length > 1)
		.map(([id, files]) => `${files.join(', ')}: share the ${label} ${id}`);
}

const hooks = (workflow) => workflow.nodes.filter(({ webhookId }) => webhookId);

const templates = readTemplates(process.argv[2]);
const descriptions = builtDescriptions();
const problems = [
	...templates.flatMap(({ file, text, workflow }) =>
		[
			...shapeProblems(workflow),
			...secretProblems(text, workflow),
			...packageNodeProblems(workflow, descriptions),
		].map((problem) => `${file}: ${problem}`),
	),
	...sharedIdProblems(templates, 'name', (workflow) => [workflow.name]),
	...sharedIdProblems(templates, 'webhook id', (workflow) =>
		hooks(workflow).map(({ webhookId }) => webhookId),
	),
	...sharedIdProblems(templates, 'webhook path', (workflow) =>
		hooks(workflow).map(({ parameters }) => `${parameters.httpMethod ?? ''} ${parameters.path}`),
	),
];

for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${templates.length} templates, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
