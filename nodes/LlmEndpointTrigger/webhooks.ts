import type { INodeParameters, IWebhookDescription } from 'n8n-workflow';
import type { Protocol } from '../shared/core/protocol/protocol';
import { ROUTES, type Route } from '../shared/core/protocol/routes';

/**
 * n8n reads a description's fields with its expression engine, unless they carry their own resolvers
 * under this symbol (n8n 2.41 and later): that is some milliseconds of every request.
 */
const RESOLVERS = Symbol.for('n8n.webhookDescriptionResolvers');

const protocols = Object.keys(ROUTES) as Protocol[];

/** Every route of every protocol once; n8n registers those that have a method with the node's parameters. */
const routes: Route[] = Object.values(ROUTES)
	.flat()
	.filter((route, at, all) => all.findIndex((other) => other.path === route.path) === at);

const nameOf = ({ path, operation }: Route): string => (path === '' ? 'default' : operation);

/** The webhooks of the node; with `listen` set to `port` there are none. */
export const webhooks: IWebhookDescription[] = routes.map((route) => {
	const mine = protocols.filter((name) =>
		ROUTES[name].some(({ path, method }) => path === route.path && method === route.method),
	);
	const applies = `$parameter["listen"] === "webhook" && ${JSON.stringify(mine)}.includes($parameter["protocol"])`;
	const isApplicable = ({ listen, protocol }: INodeParameters): boolean =>
		listen === 'webhook' && mine.includes(protocol as Protocol);
	const httpMethod = {
		template: `={{ ${applies} ? "${route.method}" : "" }}`,
		resolve: (parameters: INodeParameters) => (isApplicable(parameters) ? route.method : ''),
	};
	const path = {
		template: `={{ $parameter["path"] }}${route.path}`,
		resolve: (parameters: INodeParameters) => `${String(parameters.path)}${route.path}`,
	};
	return {
		name: nameOf(route) as IWebhookDescription['name'],
		httpMethod: httpMethod.template,
		path: path.template,
		isFullPath: true,
		responseMode: 'streaming',
		ndvHideUrl: `={{ !(${applies}) }}`,
		[RESOLVERS]: { httpMethod, path },
	} as IWebhookDescription;
});

/** The path below the endpoint's own that a webhook stands for. */
export function webhookPath(name: string): string {
	return routes.find((route) => nameOf(route) === name)?.path ?? '';
}
