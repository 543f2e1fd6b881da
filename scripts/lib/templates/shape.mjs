/** What n8n's template reviewers and this package's users expect of a template's shape. */
import { edgesOf, expressionsIn, hitPath, isSticky, jobNodes } from './graph.mjs';

const YELLOW = 1;
const GREY = 7;
/** Where n8n's own default name is not the type's name in words. */
const DEFAULT_NAMES = { set: 'editfields', code: 'codeinjavascript' };

const squash = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
const wordsIn = (text) => text.split(/\s+/).filter(Boolean).length;
const colorOf = (sticky) => sticky.parameters.color ?? YELLOW;

function covers(sticky, node) {
	const { width = 240, height = 160 } = sticky.parameters;
	const [x, y] = sticky.position;
	const [nodeX, nodeY] = node.position;
	return nodeX >= x && nodeX < x + width && nodeY >= y && nodeY < y + height;
}

function stickyProblems(workflow) {
	const stickies = workflow.nodes.filter(isSticky);
	const overviews = stickies.filter((sticky) => colorOf(sticky) === YELLOW);
	const sections = stickies.filter((sticky) => colorOf(sticky) !== YELLOW);
	const problems = [];
	if (overviews.length !== 1) problems.push(`has ${overviews.length} yellow stickies, not one`);
	for (const { parameters } of overviews) {
		const count = wordsIn(parameters.content);
		if (count < 100 || count > 300) problems.push(`overview has ${count} words, not 100-300`);
		for (const needed of ['How it works', 'Setup', 'self-hosted']) {
			if (!parameters.content.toLowerCase().includes(needed.toLowerCase())) {
				problems.push(`overview does not say "${needed}"`);
			}
		}
	}
	if (sections.length === 0) problems.push('has no section sticky');
	for (const section of sections) {
		const label = `section "${section.name}"`;
		const count = wordsIn(section.parameters.content);
		const inside = jobNodes(workflow).filter((node) => covers(section, node)).length;
		if (colorOf(section) !== GREY) problems.push(`${label} is not grey`);
		if (count >= 50) problems.push(`${label} has ${count} words, not under 50`);
		if (inside < 2) problems.push(`${label} is over ${inside} nodes, not over two or more`);
	}
	return problems;
}

function nameProblems(workflow) {
	const problems = [];
	const names = workflow.nodes.map(({ name }) => name);
	for (const name of new Set(names.filter((name, at) => names.indexOf(name) !== at))) {
		problems.push(`two nodes are called "${name}"`);
	}
	for (const node of jobNodes(workflow)) {
		const type = squash(node.type.split('.').pop());
		const given = squash(node.name).replace(/\d+$/, '');
		if (given === type || given === DEFAULT_NAMES[type]) {
			problems.push(`node "${node.name}" still has its default name`);
		}
	}
	return problems;
}

function connectionProblems(workflow) {
	const names = new Set(workflow.nodes.map(({ name }) => name));
	const edges = edgesOf(workflow);
	const connected = new Set(edges.flatMap(({ from, to }) => [from, to]));
	const problems = [];
	for (const { from, to } of edges) {
		for (const name of [from, to]) {
			if (!names.has(name)) problems.push(`a connection names "${name}", which is no node`);
		}
	}
	for (const { name } of jobNodes(workflow)) {
		if (!connected.has(name)) problems.push(`node "${name}" is not connected`);
	}
	return problems;
}

function hitPathProblems(workflow) {
	const path = hitPath(workflow);
	return workflow.nodes
		.filter(({ name }) => path.has(name))
		.flatMap((node) =>
			expressionsIn(node.parameters).map(
				(at) => `node "${node.name}" is on the hit path and evaluates an expression (${at})`,
			),
		);
}

/** Problems of one workflow's shape, each a sentence; empty when there are none. */
export function shapeProblems(workflow) {
	const count = jobNodes(workflow).length;
	return [
		...(workflow.name ? [] : ['has no name']),
		...(workflow.active === false ? [] : ['must have "active": false']),
		...(count >= 4 && count <= 21 ? [] : [`has ${count} nodes, not 4-21`]),
		...stickyProblems(workflow),
		...nameProblems(workflow),
		...connectionProblems(workflow),
		...hitPathProblems(workflow),
	];
}
