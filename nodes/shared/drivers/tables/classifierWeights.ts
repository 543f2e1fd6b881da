import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createClassifier, type Classifier } from '../../core/classify/classifyPrompt';
import { compileLexicon } from '../../core/classify/lexicon';
import { readModel } from '../../core/classify/model';

const FOLDER = path.join(__dirname, '..', '..', 'data');

let classifier: Classifier | undefined;

/**
 * The task classifier with its lexicon (80 KB of text) and weights (1 MB, kept as the file's own
 * bytes). Read on first use, about 20 ms, and kept for the life of the process.
 */
export function loadClassifier(): Classifier {
	classifier ??= createClassifier(
		compileLexicon(readFileSync(path.join(FOLDER, 'classifier.lexicon.txt'), 'utf8')),
		readModel(readFileSync(path.join(FOLDER, 'classifier.weights.bin'))),
	);
	return classifier;
}
