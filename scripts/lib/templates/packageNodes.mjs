/** Checks a template's nodes of this package against the descriptions that were built. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { repoRoot } from '../paths.mjs';
import { PACKAGE_PREFIX, packageNodes } from './graph.mjs';

const require = createRequire(import.meta.url);

/** The built node descriptions by type, e.g. "n8n-nodes-prompt-cache.cacheLookup". */
export function builtDescriptions() {
	const manifest = JSON.parse(fs.readFileSync(path.join(repoRoot, 'package.json'), 'utf8'));
	return new Map(
		manifest.n8n.nodes.map((file) => {
			const className = path.basename(file, '.node.js');
			const { [className]: NodeClass } = require(path.join(repoRoot, file));
			const { description } = new NodeClass();
			return [PACKAGE_PREFIX + description.name, description];
		}),
	);
}

const isExpression = (value) => typeof value === 'string' && value.startsWith('=');

function valueProblems(property, value, at) {
	if (isExpression(value)) return [];
	const options = property.options ?? [];
	if (property.type === 'options' || property.type === 'multiOptions') {
		if (property.typeOptions?.loadOptionsMethod) return [];
		const known = options.map((option) => option.value);
		const unknown = [value].flat().filter((one) => !known.includes(one));
		return unknown.map((one) => `${at}: "${one}" is none of ${known.join(', ')}`);
	}
	if (property.type === 'collection') return namesProblems(options, value, at);
	if (property.type === 'fixedCollection') {
		return Object.entries(value ?? {}).flatMap(([group, rows]) => {
			const found = options.find((option) => option.name === group);
			if (!found) return [`${at}.${group} is not known`];
			return [rows].flat().flatMap((row) => namesProblems(found.values, row, `${at}.${group}`));
		});
	}
	return [];
}

function namesProblems(properties, values, at) {
	return Object.entries(values ?? {}).flatMap(([name, value]) => {
		const place = at === '' ? name : `${at}.${name}`;
		const named = properties.filter((property) => property.name === name);
		if (named.length === 0) return [`parameter ${place} is not known`];
		// The same name may stand for several properties, each shown in another case.
		const found = named.map((property) => valueProblems(property, value, place));
		return found.find((problems) => problems.length === 0) ?? found[0];
	});
}

/** Problems of one workflow's nodes of this package; empty when there are none. */
export function packageNodeProblems(workflow, descriptions) {
	return packageNodes(workflow).flatMap((node) => {
		const description = descriptions.get(node.type);
		if (!description) return [`node "${node.name}": there is no node type ${node.type}`];
		const versions = [description.version].flat();
		return [
			...(versions.includes(node.typeVersion) ? [] : [`has no version ${node.typeVersion}`]),
			...namesProblems(description.properties, node.parameters, ''),
		].map((problem) => `node "${node.name}": ${problem}`);
	});
}
