import {
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type ITriggerFunctions,
	type ITriggerResponse,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { isJsonObject, type JsonObject } from '../shared/core/json';
import type { Protocol } from '../shared/core/protocol/protocol';
import { relayExecution } from '../shared/n8n/executionRelay';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { endpointOf } from './endpointOf';
import { sendError, type Exchange } from './exchange';
import { emitRequest, readExecution } from './handOver';
import { description } from './LlmEndpointTrigger.description';
import { openPort } from './ports';
import { rememberRequest } from './rememberRequest';
import { sampleItem } from './requestItem';
import { serve } from './serve';
import { readPlace, readPlan } from './settings';
import { webhookPath } from './webhooks';

export class LlmEndpointTrigger implements INodeType {
	description = description;

	/** Has the port opened; for webhooks, only checks the parameters, so that activation tells what is wrong. */
	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			const plan = await readPlan(this);
			if (this.getNodeParameter('listen') !== 'port') return {};
			const closeFunction = await openPort({
				place: readPlace(this, plan),
				plan,
				logger: this.logger,
				start: (item, relay) => {
					rememberRequest(item, plan);
					emitRequest(this, item, relay);
				},
			});
			return { closeFunction };
		} catch (error) {
			throw toNodeError(this.getNode(), error);
		}
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const [request, response] = [this.getRequestObject(), this.getResponseObject()];
		let started: { item: JsonObject; exchange?: Exchange } | undefined;
		try {
			const endpoint = await endpointOf(this);
			await serve(
				request,
				response,
				webhookPath(this.getWebhookName()),
				endpoint,
				(item, exchange) => {
					started = { item, exchange };
				},
			);
		} catch (error) {
			this.logger.error(toNodeError(this.getNode(), error).message);
			const protocol = this.getNodeParameter('protocol') as Protocol;
			const message = 'The endpoint is not set up';
			sendError(response, protocol, { status: 500, message, code: 'not_set_up' });
		}
		if (!started) return { noWebhookResponse: true };
		const { item, exchange } = started;
		if (exchange) readExecution(response, exchange);
		const json = item as INodeExecutionData['json'];
		return { noWebhookResponse: true, workflowData: [[{ json }]] };
	}

	/** Runs first in each execution, where the answer is computed, to tell the waiting process of it. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [item] = this.getInputData();
		if (!item || !isJsonObject(item.json.endpoint)) {
			if (this.getMode() === 'manual') return [[sampleItem()], []];
			throw new NodeOperationError(this.getNode(), 'The execution was not started by a request');
		}
		await relayExecution(this, item.json.endpoint.streamed === true);
		const { cache } = item.json;
		const recorded = isJsonObject(cache) && cache.status === 'hit' && cache.refresh !== true;
		return recorded ? [[], [item]] : [[item], []];
	}
}
