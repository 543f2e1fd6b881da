/** Checks that run inside a page; Playwright sends them there as text, so each stands alone. */

/** Texts below 4.5:1 and coloured marks below 3:1 against what is behind them (WCAG AA). */
exports.weakContrasts = function weakContrasts() {
	const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
	const luminance = (color) => {
		const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
			const part = value / 255;
			return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (light + 0.05) / (dark + 0.05);
	};
	const ground = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const { backgroundColor } = window.getComputedStyle(at);
			if ((channels(backgroundColor)[3] ?? 1) > 0) return backgroundColor;
		}
		return 'rgb(255,255,255)';
	};
	const weak = [];
	for (const element of document.querySelectorAll('main *')) {
		const style = window.getComputedStyle(element);
		if (style.display === 'none' || element.getClientRects().length === 0) continue;
		const hasText = [...element.childNodes].some(
			(node) => node.nodeType === 3 && node.textContent.trim(),
		);
		const isSvg = element instanceof window.SVGElement;
		const behind = ground(isSvg ? element.closest('section') : element.parentElement);
		const name = element.outerHTML.slice(0, 90);
		if (hasText && element.tagName !== 'title') {
			if (ratio(isSvg ? style.fill : style.color, behind) < 4.5) weak.push(`text ${name}`);
		} else if (/^(rect|circle)$/.test(element.tagName)) {
			if (ratio(style.fill, behind) < 3) weak.push(`mark ${name}`);
		} else if (element.matches('.legend i')) {
			if (ratio(style.backgroundColor, behind) < 3) weak.push(`key ${name}`);
		}
	}
	return weak;
};

/** Elements that stick out of the page, but for what scrolls by itself (class `scroll`). */
exports.overflowing = function overflowing() {
	const { scrollWidth, clientWidth } = document.documentElement;
	const out = [...document.querySelectorAll('main *')].filter(
		(element) =>
			element.getBoundingClientRect().right > window.innerWidth + 1 && !element.closest('.scroll'),
	);
	return [
		...(scrollWidth > clientWidth ? ['page'] : []),
		...out.map((element) => element.outerHTML.slice(0, 80)),
	];
};
