import type { TaskType } from '../../../nodes/shared/core/classify/taskTypes';

/** Prompts as people write them, with the task a reader would name. None of them is training data. */
export const PROMPTS: ReadonlyArray<{ text: string; type: TaskType }> = [
	{ type: 'translation', text: 'translate "where is the train station" into italian' },
	{
		type: 'translation',
		text: 'Traduis ce mail en anglais :\nNous vous confirmons la livraison de lundi.',
	},
	{
		type: 'translation',
		text: 'Übersetze den folgenden Satz ins Englische: Der Zug hat Verspätung.',
	},
	{ type: 'translation', text: '¿Cómo se dice "estoy de acuerdo" en alemán?' },
	{
		type: 'summarization',
		text: 'Summarize the notes below in three bullet points.\n\nThe team met on Monday to go over the release. Two bugs block it, one in the login page and one in the export. Marta takes the first, Jon the second, and both hope to be done by Thursday.',
	},
	{
		type: 'summarization',
		text: "Fais un résumé de cet article en deux phrases.\n\nLa commune a voté hier soir un budget en baisse. Les dépenses de voirie reculent tandis que l'école primaire sera rénovée dès l'été prochain, grâce à une aide de la région.",
	},
	{
		type: 'summarization',
		text: 'Fasse den Text in zwei Sätzen zusammen: Die Gemeinde hat gestern über den Haushalt abgestimmt. Die Ausgaben für Straßen sinken, die Grundschule wird im Sommer saniert.',
	},
	{
		type: 'extraction',
		text: 'List every person mentioned in the article.\n\nYesterday Angela Ruiz met with Tom Becker in Lisbon to sign the contract that Helen Ward had prepared.',
	},
	{
		type: 'extraction',
		text: "Relève toutes les dates citées dans ce texte :\nLe chantier, ouvert le 3 mai 2019, devait finir en juin 2021 mais n'a été livré que le 12 janvier 2023.",
	},
	{
		type: 'classification',
		text: 'Is this review positive or negative? Answer with one word.\n\nThe zipper broke after two days and nobody answers my emails.',
	},
	{
		type: 'classification',
		text: 'Classe ce message dans une de ces catégories (facturation, technique, livraison) : mon colis devait arriver mardi et je ne vois toujours rien.',
	},
	{
		type: 'classification',
		text: 'Clasifica el sentimiento de este comentario como positivo, negativo o neutro: la comida llegó fría y tarde',
	},
	{ type: 'rewriting', text: 'Rephrase this so it sounds more polite: send me the file now' },
	{
		type: 'rewriting',
		text: "Corrige les fautes d'orthographe de cette phrase : il on pas voulut venire hier soir",
	},
	{ type: 'rewriting', text: 'Formuliere diesen Satz höflicher: Schick mir die Datei sofort.' },
	{ type: 'format', text: 'Convert this CSV to JSON:\nname,age\nLea,31\nMax,28' },
	{
		type: 'format',
		text: 'Trie cette liste par ordre alphabétique : poire, banane, kiwi, abricot',
	},
	{ type: 'factual_qa', text: 'What is the capital of Australia?' },
	{ type: 'factual_qa', text: 'Qui a peint la Joconde ?' },
	{ type: 'factual_qa', text: 'In welchem Jahr wurde die Europäische Union gegründet?' },
	{
		type: 'creative_writing',
		text: 'Write a short story about a lighthouse keeper who finds a message in a bottle',
	},
	{ type: 'creative_writing', text: 'Écris un poème sur la pluie en automne' },
	{ type: 'brainstorming', text: 'Give me ten name ideas for a bicycle repair shop' },
	{
		type: 'brainstorming',
		text: 'Propose cinq idées de cadeaux pour une grand-mère qui aime jardiner',
	},
	{
		type: 'math',
		text: 'A shop sells pencils at 3 for $2. How much do 18 pencils cost, and what change do I get from $20?',
	},
	{ type: 'math', text: 'Résous l’équation 3x + 7 = 22' },
	{
		type: 'coding',
		text: 'Write a Python function that merges two sorted lists without using sort()',
	},
	{
		type: 'coding',
		text: "Pourquoi cette requête SQL est-elle lente ?\nSELECT * FROM orders o JOIN users u ON u.id = o.user_id WHERE lower(u.email) LIKE '%@example.com';",
	},
	{
		type: 'reasoning',
		text: 'If all managers are employees and some employees work remotely, can we conclude that some managers work remotely? Explain step by step.',
	},
	{ type: 'long_form', text: 'Write a 1000-word article about the history of the bicycle' },
	{
		type: 'long_form',
		text: 'Rédige une lettre de motivation pour un poste de comptable dans une PME',
	},
	{ type: 'explanation', text: 'Why do leaves change color in autumn?' },
	{ type: 'explanation', text: 'Explique-moi comment fonctionne une pompe à chaleur' },
	{ type: 'explanation', text: 'Was ist der Unterschied zwischen Wetter und Klima?' },
	{
		type: 'chat',
		text: 'My best friend is angry with me and I do not know why. What should I do?',
	},
	{ type: 'chat', text: 'Salut, comment ça va aujourd’hui ?' },
];
