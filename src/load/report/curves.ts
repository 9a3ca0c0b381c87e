import type { CurvePoint } from '../latencies.ts';
import { escapeText, showShare, showTime, tag } from './markup.ts';

export interface Series {
  readonly name: string;
  /** Values in microseconds. */
  readonly points: readonly CurvePoint[];
}

const WIDTH = 860;
const HEIGHT = 360;
const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 34;
/** As many as can be told apart. */
export const COLOURS = 7;

/**
 * Distributions of latencies: from left to right the share of calls on a scale of nines (p90, p99, p99.9 …), from bottom to top
 * the time on a logarithmic scale. A curve that stays flat to the right has no tail. Pure.
 *
 * @returns SVG that takes its colours from the page (`page.ts`); the data for the pointer stands in its `data-series`
 */
export function curves(all: readonly Series[]): string {
  const series = all.filter(({ points }) => points.length > 0);
  if (series.length === 0) return '';
  const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter((value) => value > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values, low * 10)));
  const lastShare = Math.max(0.9, ...series.flatMap(({ points }) => points.map(([share]) => share)).filter(isFinal));
  const right = nine(lastShare) + 0.25;
  const x = (share: number) => LEFT + (Math.min(right, nine(share)) / right) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) =>
    HEIGHT - BOTTOM - (Math.log10(Math.max(low, value) / low) / Math.log10(high / low)) * (HEIGHT - TOP - BOTTOM);

  const parts = [...timeGrid(low, high, y), ...shareGrid(right, x)];
  for (const [index, { points }] of series.entries()) {
    const path = points.map(([share, value], at) => `${at === 0 ? 'M' : 'L'}${round(x(share))} ${round(y(value))}`);
    parts.push(tag('path', { d: path.join(''), class: `line c${index % COLOURS}` }));
  }
  parts.push(tag('line', { class: 'cursor', x1: 0, x2: 0, y1: TOP, y2: HEIGHT - BOTTOM }));
  const data = series.map(({ name, points }) => ({
    name,
    points: points.map(([share, us]) => [round(x(share)), share, us]),
  }));
  const legend = series.map(({ name }, index) => tag('span', { class: `key k${index % COLOURS}` }, escapeText(name)));
  const svg = tag(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'data-series': JSON.stringify(data) },
    parts.join(''),
  );
  return tag('figure', { class: 'curves' }, tag('figcaption', {}, legend.join('')) + svg + tag('output', {}));
}

/** How many nines: 0.9 is one, 0.99 two. */
function nine(share: number): number {
  return -Math.log10(Math.max(1e-9, 1 - share));
}

function isFinal(share: number): boolean {
  return share < 1;
}

function timeGrid(low: number, high: number, y: (value: number) => number): string[] {
  const parts: string[] = [];
  for (let decade = low; decade <= high * 1.001; decade *= 10) {
    parts.push(tag('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y(decade), y2: y(decade) }));
    parts.push(tag('text', { x: LEFT - 8, y: y(decade) + 4, class: 'end' }, showTime(decade)));
    for (const part of [2, 5]) {
      if (decade * part >= high) continue;
      parts.push(
        tag('line', { class: 'grid faint', x1: LEFT, x2: WIDTH - RIGHT, y1: y(decade * part), y2: y(decade * part) }),
      );
    }
  }
  return parts;
}

function shareGrid(right: number, x: (share: number) => number): string[] {
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999].filter((share) => nine(share) <= right);
  return shares.flatMap((share) => [
    tag('line', { class: 'grid', x1: x(share), x2: x(share), y1: TOP, y2: HEIGHT - BOTTOM }),
    tag('text', { x: x(share), y: HEIGHT - BOTTOM + 20, class: 'middle' }, share === 0 ? 'min' : showShare(share)),
  ]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
