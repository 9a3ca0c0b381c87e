import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Figure, figure } from '../../../bench/measure/figure.ts';
import { judge, promises, type SpeedPromise } from '../../../bench/promises.ts';

const atMost: SpeedPromise = { figure: 'a', of: 'ratio', bound: 'at most', limit: 2.5 };
const atLeast: SpeedPromise = { figure: 'b', of: 'value', bound: 'at least', limit: 100 };

function of(id: string, value: number, floor = 1): Figure {
  return figure({ id, title: id, unit: 'µs', rounds: [value], floor: { what: 'floor', parts: { floor: [floor] } } });
}

describe('a promise', () => {
  test('is kept up to its limit, and broken beyond it', () => {
    const verdicts = [2, 2.5, 2.6].map((value) => judge(of('a', value), [atMost])?.verdict);
    expect(verdicts).toEqual(['kept', 'kept', 'broken']);
  });

  test('of a ratio is judged by the ratio', () => {
    expect(judge(of('a', 50, 25), [atMost])).toMatchObject({ value: 2, verdict: 'kept' });
  });

  test('of at least so much is broken below', () => {
    expect([99, 100].map((value) => judge(of('b', value), [atLeast])?.verdict)).toEqual(['broken', 'kept']);
  });

  test('says nothing of other figures', () => {
    expect(judge(of('c', 1), [atMost, atLeast])).toBeUndefined();
  });

  test('of a ratio cannot be judged without a floor', () => {
    const bare = figure({ id: 'a', title: 'a', unit: 'µs', rounds: [1] });
    expect(() => judge(bare, [atMost])).toThrow('a has no floor');
  });
});

test('no figure has two promises', () => {
  const names = promises.map((each) => each.figure);
  expect(new Set(names).size).toBe(names.length);
});

test('docs/performance.md says every promise with its number, and no other', async () => {
  const page = await Bun.file(join(import.meta.dir, '../../../docs/performance.md')).text();
  const rows = [...page.matchAll(/^\| `([^`]+)` \|[^|]*\| ([≤≥]) ([\d.]+)( × floor)?[^|]*\|/gm)];
  const said = rows.map(([, name, sign, limit, ratio]) => ({
    figure: name,
    of: ratio ? 'ratio' : 'value',
    bound: sign === '≤' ? 'at most' : 'at least',
    limit: Number(limit),
  }));
  const byName = (a: { figure?: string | undefined }, b: { figure?: string | undefined }) =>
    (a.figure ?? '').localeCompare(b.figure ?? '');
  expect(said.sort(byName)).toEqual([...promises].sort(byName));
});
