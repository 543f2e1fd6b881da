/**
 * Style sheet of the dashboard page. Text has a contrast of at least 4.5:1 and marks at least 3:1
 * (WCAG AA) on both grounds; the colours of the series also differ in lightness.
 */
export const styles = `
:root{color-scheme:light dark;--ground:#f4f6f9;--card:#fff;--text:#1b2330;--muted:#525d6f;--line:#d5dbe4;--c1:#2f5fd0;--c2:#0c8259;--c3:#b4540a;--c4:#7a4fb5}
@media (prefers-color-scheme:dark){:root{--ground:#11151b;--card:#1a2029;--text:#e8ecf2;--muted:#a7b3c4;--line:#333d4b;--c1:#7ba3ff;--c2:#4fc99a;--c3:#f0a35e;--c4:#c19bf0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1200px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:0 0 8px}
p{margin:0}.muted{color:var(--muted);font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:20px 0}
.tile,section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0}
.tile b{display:block;font-size:21px;line-height:1.3;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
.full{grid-column:1/-1}
svg{width:100%;height:auto;display:block}svg.narrow{display:none}
svg .rule{stroke:var(--line);stroke-width:1}svg .axis{fill:var(--muted);font-size:12px;font-family:inherit}
svg .c1{fill:var(--c1)}svg .c2{fill:var(--c2)}svg .c3{fill:var(--c3)}svg .c4{fill:var(--c4)}
svg .line{fill:none;stroke-width:2}svg .line.c1{stroke:var(--c1)}svg .line.c2{stroke:var(--c2)}svg .line.c3{stroke:var(--c3)}svg .line.c4{stroke:var(--c4)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:6px 0 0;padding:0;font-size:13px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
i.c1,.bar .c1{background:var(--c1)}i.c2,.bar .c2{background:var(--c2)}i.c3,.bar .c3{background:var(--c3)}i.c4,.bar .c4{background:var(--c4)}
.bars{list-style:none;margin:0;padding:0}
.bars li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;padding:5px 0}
.bars .name{overflow-wrap:anywhere}.bars .amount{font-variant-numeric:tabular-nums;text-align:right}
.bar{grid-column:1/-1;display:flex;height:8px;background:var(--line);border-radius:4px;overflow:hidden}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}
th{font-weight:600}summary{cursor:pointer;margin-top:8px;font-size:13px}
@media (max-width:760px){.grid{grid-template-columns:minmax(0,1fr)}svg.wide{display:none}svg.narrow{display:block;max-width:480px;margin:0 auto}}
@media (max-width:600px){main{padding:16px 12px 32px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.tile b{font-size:18px}}
@media print{:root{--ground:#fff;--card:#fff;--text:#000;--muted:#444;--line:#bbb;--c1:#2f5fd0;--c2:#0c8259;--c3:#b4540a;--c4:#7a4fb5}main{max-width:none;padding:0}section,.tile{break-inside:avoid}.bar,.legend i,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`.trim();
