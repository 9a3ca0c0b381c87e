import { describe, expect, test } from 'bun:test';
import type { BenchOptions, BenchResult } from '../../../src/load/bench.ts';
import { benchLines, benchPage } from '../../../src/load/report/bench-page.ts';
import { curves } from '../../../src/load/report/curves.ts';
import { digits, showShare, showTime } from '../../../src/load/report/markup.ts';
import { page } from '../../../src/load/report/page.ts';
import { shares } from '../../../src/load/report/shares.ts';

const options: BenchOptions = {
  ...{ address: 'https://host.example', auth: 'u:k', insecure: false, mode: 'warm', concurrency: 2, rate: undefined },
  ...{ durationMs: 10_000, payload: '{}', kind: 'nodejs:default', code: '', actions: 100, timeoutMs: 1 },
};
const latency = { count: 10, min: 50, mean: 70, p50: 61.4, p75: 70, p90: 90, p99: 1_234, p999: 99_960, max: 2_500_000 };
const result: BenchResult = {
  ...{ mode: 'warm', concurrency: 2, rate: undefined, payloadBytes: 2, seconds: 10, calls: 10, perSecond: 1, latency },
  curve: [
    [0, 50],
    [0.5, 61],
    [0.9, 90],
    [1, 2_500_000],
  ],
  errors: { 429: 3 },
  records: { looked: 5, found: 4, wrong: 1 },
  steps: { from: 'host', calls: 3, means: { auth: 0.01, run: 0.03, other: 0.02 } },
  burst: undefined,
};
const facts = { version: '1.0', address: 'https://host.example', host: 'OpenWhisk <API>', date: new Date(0) };

describe('the report of a bench', () => {
  const html = benchPage(result, options, facts);

  test('opens offline: it asks for nothing else', () => {
    expect(html).toStartWith('<!doctype html>');
    expect(html).not.toMatch(/\b(?:src|href|url|import|fetch)\b\s*[=(]/);
    expect(html.match(/https?:\/\/[^\s<"]*/g)?.filter((url) => url !== 'https://host.example')).toEqual([]);
  });

  test('says what was measured, how, and what failed; and shows no key', () => {
    for (const said of [
      'warm calls of https://host.example',
      'p99.9',
      '1.23 ms',
      '429',
      '4 of 5 records',
      '2.5 s',
      '10 in 10 s',
    ]) {
      expect(html).toContain(said);
    }
    expect(html).not.toContain('u:k');
    expect(html).toContain('OpenWhisk &#60;API&#62;');
  });

  test('says the same on a terminal', () => {
    const lines = benchLines(result, options, facts).join('\n');
    expect(lines).toContain('p50 61.4 µs  p75 70 µs  p90 90 µs  p99 1.23 ms  p99.9 100 ms  max 2.5 s');
    expect(lines).toContain('failed    3 × 429');
    expect(lines).toContain('1 of them with another result');
  });

  test('says of bursts how long they took, in a line however many they were', () => {
    const allMs = Array.from({ length: 201 }, (_, index) => 300 - index);
    const burst = { ...result, mode: 'burst' as const, burst: { rounds: 201, allMs } };
    const said = '201, from the first call to the last answer 200 ms (100 ms to 300 ms)';
    expect(benchLines(burst, options, facts)).toContain(`  bursts    ${said}`);
    expect(benchPage(burst, options, facts)).toContain(said);
  });

  test('of a host that answered nothing says that', () => {
    const nothing = { ...result, latency: undefined, curve: [], calls: 0, steps: undefined };
    expect(benchLines(nothing, options, facts).join()).toContain('no call succeeded');
    expect(benchPage(nothing, options, facts)).toContain('429');
  });
});

describe('curves', () => {
  const drawn = curves([{ name: 'a & b', points: result.curve }]);
  const path = /d="([^"]+)"/.exec(drawn)?.[1] ?? '';
  const points = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

  test('go to the right with the share, and up with the time', () => {
    expect(points).toHaveLength(4);
    for (const [index, [x, y]] of points.entries()) {
      const before = points[index - 1];
      if (!before) continue;
      expect(x).toBeGreaterThan(before[0]);
      expect(y).toBeLessThan(before[1]);
    }
  });

  test('stay within the picture', () => {
    for (const [x, y] of points) {
      expect(x).toBeLessThanOrEqual(860);
      expect(y).toBeGreaterThanOrEqual(0);
    }
  });

  test('have names as they are', () => {
    expect(drawn).toContain('a &#38; b</span>');
  });

  test('of nothing are nothing', () => {
    expect(curves([{ name: 'a', points: [] }])).toBe('');
  });
});

test('shares fill their bar, whatever their sum is', () => {
  const drawn = shares([{ name: 'warm', steps: Object.entries({ auth: 10, run: 30 }) }]);
  const widths = [...drawn.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toEqual([155, 465]);
  expect(drawn).toContain('auth: 10 µs, 25 %');
  expect(shares([{ name: 'none', steps: [['run', 0]] }])).toBe('');
});

test('each step of a first call has a colour of its own, which the page knows', () => {
  const steps = ['auth', 'resolve', 'wait', 'init', 'run', 'store', 'other'].map((step) => [step, 1] as const);
  const drawn = shares([{ name: 'cold', steps }]);
  const colours = [...drawn.matchAll(/class="bar (f\d)"/g)].map(([, colour]) => colour);
  expect(new Set(colours).size).toBe(steps.length);
  const styles = page({ title: 'T', facts: [], sections: [] });
  for (const colour of colours) expect(styles).toContain(`.bar.${colour}{`);
});

test('a page is one that browsers understand', () => {
  const html = page({ title: 'T', facts: [], sections: [{ title: 'S', table: { head: ['a'], rows: [['<b>']] } }] });
  expect(html).toContain('<td>&#60;b&#62;</td>');
  expect(html.match(/<(\w+)[^>]*>/g)?.length).toBeGreaterThan(10);
});

test('times and shares are written as people read them', () => {
  expect([0.5, 9.96, 61.44, 999.6, 1_000, 12_345, 1_500_000].map(showTime)).toEqual([
    '0.5 µs',
    '10 µs',
    '61.4 µs',
    '1000 µs',
    '1 ms',
    '12.3 ms',
    '1.5 s',
  ]);
  expect([0.5, 1 - 10 ** -3, 0.9999, 1].map(showShare)).toEqual(['p50', 'p99.9', 'p99.99', 'max']);
  expect([100.4, 0.123, 40].map(digits)).toEqual(['100', '0.12', '40']);
});
