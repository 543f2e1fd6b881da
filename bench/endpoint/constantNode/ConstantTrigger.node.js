/** The least that a trigger can do with a request: answer a constant, and start no execution. */
class ConstantTrigger {
	description = {
		displayName: 'Constant Trigger',
		name: 'constantTrigger',
		group: ['trigger'],
		version: 1,
		description: 'Answers a constant',
		defaults: { name: 'Constant Trigger' },
		inputs: [],
		outputs: ['main'],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: '={{$parameter["path"]}}',
				isFullPath: true,
				responseMode: 'onReceived',
			},
		],
		properties: [
			{ displayName: 'Path', name: 'path', type: 'string', default: 'constant' },
			{ displayName: 'Answer', name: 'answer', type: 'string', default: '{}' },
		],
	};

	async webhook() {
		const text = this.getNodeParameter('answer');
		const response = this.getResponseObject();
		response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
		response.end(text);
		return { noWebhookResponse: true };
	}
}

exports.ConstantTrigger = ConstantTrigger;
