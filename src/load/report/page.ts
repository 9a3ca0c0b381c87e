import { escapeText, tag } from './markup.ts';

export interface Section {
  readonly title: string;
  /** Sentences below the title. */
  readonly text?: string;
  /** Markup: what `curves` and `shares` make. */
  readonly picture?: string;
  readonly table?: Table;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Page {
  readonly title: string;
  /** On what, when, how: lines below the title. */
  readonly facts: readonly string[];
  readonly sections: readonly Section[];
}

/** A report as one HTML file, which needs nothing else: it opens offline, on light and dark screens. Pure. */
export function page({ title, facts, sections }: Page): string {
  const lines = facts.map((fact) => tag('p', { class: 'fact' }, escapeText(fact)));
  const body = [tag('h1', {}, escapeText(title)), ...lines, ...sections.map(sectionOf)].join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function sectionOf({ title, text, picture = '', table }: Section): string {
  const sentences = text === undefined ? '' : tag('p', {}, escapeText(text));
  return tag('section', {}, tag('h2', {}, escapeText(title)) + sentences + picture + (table ? tableOf(table) : ''));
}

function tableOf({ head, rows }: Table): string {
  const row = (cell: 'th' | 'td', cells: readonly string[]) =>
    tag('tr', {}, cells.map((each) => tag(cell, {}, escapeText(each))).join(''));
  return tag(
    'div',
    { class: 'wide' },
    tag('table', {}, row('th', head) + rows.map((each) => row('td', each)).join('')),
  );
}

/** As many colours as a call has steps, to be told apart on white and on black, by the colour-blind too (Okabe and Ito, darker on white). */
const LIGHT = ['#0072b2', '#d55e00', '#00855f', '#a0447f', '#8a6d00', '#5b6470', '#1a1f26'];
const DARK = ['#56b4e9', '#ff8c42', '#2bd4a4', '#e08cc2', '#f0e442', '#aab4c0', '#e6eaef'];

const colours = (list: readonly string[]) => list.map((colour, index) => `--c${index}:${colour}`).join(';');
const classes = LIGHT.map(
  (_, n) => `.line.c${n}{stroke:var(--c${n})}.bar.f${n}{fill:var(--c${n})}.key.k${n}::before{background:var(--c${n})}`,
).join('');

const STYLE = `
:root{color-scheme:light dark;--ink:#1a1f26;--paper:#fff;--soft:#5b6470;--grid:#dfe3e8;--in:#fff;${colours(LIGHT)}}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaef;--paper:#12161c;--soft:#9aa5b1;--grid:#2a313a;--in:#12161c;${colours(DARK)}}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.3rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}
p{margin:.3rem 0;color:var(--soft)}.fact{font-size:.92rem}
figure{margin:.8rem 0;position:relative;overflow-x:auto}svg{width:100%;min-width:560px;height:auto;display:block}
svg text{font-size:12px;fill:var(--soft)}.end{text-anchor:end}.middle{text-anchor:middle}svg text.in{fill:var(--in);font-weight:600}
.grid{stroke:var(--grid)}.faint{opacity:.5}.line{fill:none;stroke-width:2}.bar{stroke:var(--paper)}
.cursor{stroke:var(--soft);visibility:hidden}output{display:block;min-height:1.5em;font-size:.9rem;color:var(--soft)}
.key{margin-right:1.2rem;white-space:nowrap}.key::before{content:"";display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em;print-color-adjust:exact}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid var(--grid);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal}
@media print{svg{min-width:0}}
${classes}`;

/** Below a picture of curves stand the values where the pointer is. */
const SCRIPT = `
for (const figure of document.querySelectorAll('figure.curves')) {
  const svg = figure.querySelector('svg');
  const series = JSON.parse(svg.dataset.series);
  const cursor = figure.querySelector('.cursor');
  const output = figure.querySelector('output');
  const time = (us) => us < 1e3 ? us.toPrecision(3) + ' µs' : us < 1e6 ? (us / 1e3).toPrecision(3) + ' ms' : (us / 1e6).toPrecision(3) + ' s';
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const near = series.map(({ name, points }) => [name, points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a)]);
    const [at, share] = near[0][1];
    cursor.setAttribute('x1', at);
    cursor.setAttribute('x2', at);
    cursor.style.visibility = 'visible';
    const where = share >= 1 ? 'max' : 'p' + Number((share * 100).toFixed(3));
    output.textContent = where + ': ' + near.map(([name, point]) => name + ' ' + time(point[2])).join(', ');
  });
  svg.addEventListener('pointerleave', () => { cursor.style.visibility = 'hidden'; output.textContent = ''; });
}`;
