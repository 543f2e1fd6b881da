// Draws what is saved against what is lost when the slider moves.
import { LABELS, SMALL_TYPE_COUNT } from './rows.mjs';

const WIDTH = 640;
const HEIGHT = 400;
const LEFT = 60;
const TOP = 30;
const PLOT_WIDTH = WIDTH - LEFT - 30;
const PLOT_HEIGHT = HEIGHT - TOP - 60;

/** Share of prompts sent to the small model against the share of complex prompts among all that go there wrongly. */
export function costQualityCurve(rows, predictions) {
	const sorted = rows
		.map((row, i) => ({
			score: predictions[i].score,
			large: LABELS.indexOf(row.task) >= SMALL_TYPE_COUNT,
		}))
		.sort((a, b) => a.score - b.score);
	const larges = sorted.filter((p) => p.large).length;
	const points = [];
	let wrong = 0;
	sorted.forEach((p, i) => {
		if (p.large) wrong++;
		if (i % Math.ceil(sorted.length / 120) === 0 || i === sorted.length - 1) {
			points.push({ saved: (i + 1) / sorted.length, wrong: wrong / larges });
		}
	});
	return points;
}

/** The curve as a self-contained SVG, with the default setting marked. */
export function costQualityChart(rows, predictions) {
	const x = (share) => LEFT + share * PLOT_WIDTH;
	const y = (share) => TOP + (1 - share) * PLOT_HEIGHT;
	const points = costQualityCurve(rows, predictions);
	const path = points.map((p) => `${x(p.saved).toFixed(1)},${y(1 - p.wrong).toFixed(1)}`).join(' ');
	const small = predictions.filter((p) => !p.large).length / predictions.length;
	const larges = rows.filter((row) => LABELS.indexOf(row.task) >= SMALL_TYPE_COUNT).length;
	const kept =
		1 -
		rows.filter((row, i) => LABELS.indexOf(row.task) >= SMALL_TYPE_COUNT && !predictions[i].large)
			.length /
			larges;
	const ticks = [0, 0.25, 0.5, 0.75, 1];
	const percent = (share) => `${Math.round(share * 100)} %`;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>Complex prompts kept on the large model against prompts sent to the small one</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${ticks.map((t) => `<path d="M${x(t)} ${TOP}V${TOP + PLOT_HEIGHT}M${LEFT} ${y(t)}H${LEFT + PLOT_WIDTH}" stroke="#ddd"/><text x="${x(t)}" y="${TOP + PLOT_HEIGHT + 18}" text-anchor="middle">${percent(t)}</text><text x="${LEFT - 8}" y="${y(t) + 4}" text-anchor="end">${percent(t)}</text>`).join('\n')}
<path d="M${x(0)} ${y(1)}L${x(1)} ${y(0)}" stroke="#999" stroke-dasharray="4 4"/>
<polyline points="${path}" fill="none" stroke="#0b57d0" stroke-width="2.5"/>
<circle cx="${x(small)}" cy="${y(kept)}" r="5" fill="#b3261e"/>
<text x="${x(small) + 10}" y="${y(kept) + 18}">default: ${percent(small)} to the small model, ${(kept * 100).toFixed(1)} % of complex prompts kept</text>
<text x="${LEFT + PLOT_WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">prompts sent to the small model (what is saved)</text>
<text transform="translate(14 ${TOP + PLOT_HEIGHT / 2}) rotate(-90)" text-anchor="middle">complex prompts on the large model</text>
</svg>
`;
}
