import { describe, expect, test } from 'bun:test';
import type { Machine } from '../../../bench/machine.ts';
import { type Figure, figure } from '../../../bench/measure/figure.ts';
import { reportPage } from '../../../bench/report/page.ts';
import { pictureOf } from '../../../bench/report/picture.ts';

const machine: Machine = {
  ...{ cpu: 'Some <CPU>', cores: 2, memory: 24, system: 'Linux', bun: '1', docker: undefined, commit: 'abc', load: 0 },
};
const samples = Array.from({ length: 100 }, (_, n) => n + 50);
const floor = { what: 'HTTP + pipe', parts: { HTTP: [10], frame: [10] } };
const figures: Figure[] = [
  figure({ id: 'local/warm/p50', title: 'warm call, p50', unit: 'µs', rounds: [60], samples, floor }),
  figure({ id: 'local/cold/p50', title: 'first call, p50', unit: 'ms', rounds: [30], samples: [20, 30, 40] }),
  figure({ id: 'local/web/p50', title: 'web action, p50', unit: 'µs', rounds: [70], samples, floor }),
  figure({ id: 'local/steps/warm/auth', title: 'auth', unit: 'µs', rounds: [4] }),
  figure({ id: 'local/steps/warm/run', title: 'run', unit: 'µs', rounds: [12] }),
  figure({ id: 'peers/workerd/p50', title: 'workerd, p50', unit: 'µs', rounds: [117], samples, floor }),
];

describe('the page of a run', () => {
  const html = reportPage(figures, machine);

  test('has cold against warm in one picture, in the same unit', () => {
    const [, data = ''] = /data-series="([^"]+)"/.exec(html) ?? [];
    const series = JSON.parse(data.replaceAll('&#34;', '"')) as { name: string; points: [number, number, number][] }[];
    expect(series.map(({ name }) => name)).toEqual(['warm call (local)', 'first call (local)']);
    expect(series[1]?.points.at(-1)?.[2]).toBe(40_000);
  });

  test('has the share of each step, others, every other distribution, and all figures', () => {
    expect(html).toContain('auth: 4 µs, 25 %');
    expect(html).toContain('Others beside it');
    expect(html).toContain('<h2>web action, p50</h2>');
    expect(html).toContain('local: first call, p50');
    expect(html).toContain('Some &#60;CPU&#62;');
  });

  test('leaves out what was not measured', () => {
    const little = reportPage(figures.slice(2, 3), machine);
    for (const title of ['Cold against warm', 'The share of each step', 'Others beside it']) {
      expect(little).not.toContain(title);
    }
  });
});

describe('the picture', () => {
  const svg = pictureOf(figures, machine);

  test('is one SVG with a bar for each that was measured, the floor too', () => {
    expect(svg).toStartWith('<svg xmlns="http://www.w3.org/2000/svg"');
    const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"[^>]*class="(\w+)"/g)].map(([, width, kind]) => [
      kind,
      Math.round(Number(width)),
    ]);
    expect(widths).toEqual([
      ['floor', 67],
      ['own', 200],
      ['peer', 390],
    ]);
    expect(svg).not.toContain('Docker');
  });

  test('can be read on light and on dark pages', () => {
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
  });
});
