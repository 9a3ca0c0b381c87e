import { escapeText, tag } from '../../src/load/report/markup.ts';
import type { Machine } from '../machine.ts';
import type { Figure } from '../measure/figure.ts';
import { show } from './table.ts';

/** What the picture shows, and how it is called there. */
const ROWS: readonly (readonly [id: string, name: string])[] = [
  ['floor/local/warm/p50', 'floor: HTTP and a pipe, nothing else'],
  ['local/warm/p50', 'Whisklet, isolated process'],
  ['floor/docker/warm/p50', 'floor: HTTP and an attached container'],
  ['docker/warm/p50', 'Whisklet, Docker container'],
  ['peers/workerd/p50', 'workerd, isolate in the server'],
  ['peers/functions-framework/p50', 'functions-framework, in the server'],
];

const WIDTH = 760;
const LEFT = 290;
const RIGHT = 80;
const TOP = 44;
const ROW = 30;

/**
 * The latency of a warm call, beside its floors and others, as an SVG of its own for a README: its colours follow the reader's
 * light or dark. Rows that were not measured are not there. Pure.
 */
export function pictureOf(figures: readonly Figure[], { cores, cpu, commit }: Machine): string {
  const values = new Map<string, number>();
  for (const { id, value, floor } of figures) {
    values.set(id, value);
    if (floor) values.set(`floor/${id}`, floor.value);
  }
  const rows = ROWS.flatMap(([id, name]) => {
    const value = values.get(id);
    return value === undefined ? [] : [{ id, name, value }];
  });
  const greatest = Math.max(1, ...rows.map(({ value }) => value));
  const height = TOP + rows.length * ROW + 28;
  const bars = rows.flatMap(({ id, name, value }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(2, (value / greatest) * (WIDTH - LEFT - RIGHT));
    const kind = id.startsWith('floor/') ? 'floor' : id.startsWith('peers/') ? 'peer' : 'own';
    return [
      tag('text', { x: LEFT - 10, y: y + 15, class: 'name' }, escapeText(name)),
      tag('rect', { x: LEFT, y, width, height: 20, rx: 3, class: kind }),
      tag('text', { x: LEFT + width + 8, y: y + 15 }, `${show(value)} µs`),
    ];
  });
  const title = tag('text', { x: 0, y: 20, class: 'title' }, TITLE);
  const alternative = tag(
    'title',
    {},
    `${TITLE}: ${rows.map(({ name, value }) => `${name} ${show(value)} µs`).join('; ')}`,
  );
  const foot = tag(
    'text',
    { x: 0, y: height - 6, class: 'foot' },
    escapeText(`${cores} × ${cpu}; bun bench, commit ${commit}`),
  );
  return `${tag(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, role: 'img' },
    `${alternative}<style>${STYLE}</style>${title}${bars.join('')}${foot}`,
  )}\n`;
}

const TITLE = 'A warm blocking call, one after the other: median';

const STYLE = `
text{font:13px system-ui,sans-serif;fill:#1a1f26}.name{text-anchor:end}.title{font-weight:600;font-size:15px}.foot{font-size:11px;fill:#5b6470}
.own{fill:#0072b2}.floor{fill:#b8c0c9}.peer{fill:#d55e00}
@media(prefers-color-scheme:dark){text{fill:#e6eaef}.foot{fill:#9aa5b1}.own{fill:#56b4e9}.floor{fill:#4a545f}.peer{fill:#ff8c42}}`;
