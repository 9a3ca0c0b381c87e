import { isBusy, type Machine } from '../machine.ts';
import type { Figure } from '../measure/figure.ts';
import { type Judgement, judge } from '../promises.ts';

/** The figures as a table for a terminal. Pure. */
export function tableOf(figures: readonly Figure[]): string {
  const header = ['', 'median', 'of rounds', 'floor', 'ratio', 'promise'];
  const [first = '', ...rows] = columns([header, ...figures.map(columnsOf)], [0, 5]).split('\n');
  const lines = [first];
  let group = '';
  figures.forEach((figure, index) => {
    const [own = ''] = figure.id.split('/');
    if (own !== group) lines.push('', own);
    group = own;
    lines.push(rows[index] as string);
  });
  return lines.join('\n');
}

/** Rows with cells below each other. @param left columns whose cells begin at the same place; the others end there */
export function columns(rows: readonly (readonly string[])[], left: readonly number[]): string {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      left.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n');
}

/** Its cells, in the order of the table's head. */
export function columnsOf(figure: Figure): string[] {
  const { title, unit, value, low, high, floor, note } = figure;
  return [
    `  ${title}${note ? ` (${note})` : ''}`,
    `${show(value)} ${unit}`,
    `${show(low)}–${show(high)}`,
    floor ? `${show(floor.value)} ${unit}` : '',
    floor ? `${floor.ratio.value.toFixed(2)} (${floor.ratio.low.toFixed(2)}–${floor.ratio.high.toFixed(2)})` : '',
    promiseText(judge(figure)),
  ];
}

function promiseText(judgement: Judgement | undefined): string {
  if (!judgement) return '';
  const { promise, verdict } = judgement;
  const bound = `${promise.bound === 'at most' ? '≤' : '≥'} ${promise.limit}${promise.of === 'ratio' ? ' × floor' : ''}`;
  return `${bound}  ${verdict === 'kept' ? 'kept' : 'BROKEN'}`;
}

/** Three digits say all that such figures know. */
export function show(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

export function machineText(machine: Machine): string {
  const { cpu, cores, memory, system, bun, docker, commit, load } = machine;
  const engine = docker === undefined ? 'no Docker' : `Docker ${docker}`;
  const lines = [`${cores} × ${cpu}, ${memory} GB, ${system}, Bun ${bun}, ${engine}, commit ${commit}`];
  if (isBusy(machine)) {
    lines.push(`The machine is doing other work (load ${load} a core): believe the ratios, not the figures.`);
  }
  return lines.join('\n');
}

/** What the floors are made of, once each. */
export function floorsText(figures: readonly Figure[]): string {
  const lines = new Set(
    figures.flatMap(({ floor, unit, id }) => {
      if (!floor || Object.keys(floor.parts).length < 2) return [];
      const parts = Object.entries(floor.parts).map(([name, value]) => `${name} ${show(value)} ${unit}`);
      return [`  ${id}: ${floor.what} = ${parts.join(' + ')}`];
    }),
  );
  return lines.size === 0 ? '' : ['Floors', ...lines].join('\n');
}
