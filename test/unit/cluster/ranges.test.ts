import { describe, expect, test } from 'bun:test';
import { Ranges } from '../../../src/cluster/ranges.ts';

describe('ranges', () => {
  test('join what touches or overlaps', () => {
    const ranges = new Ranges();
    for (const value of [5, 7, 1, 6]) ranges.add(value);
    expect([...ranges]).toEqual([
      [1, 1],
      [5, 7],
    ]);
    ranges.add(2, 9);
    expect([...ranges]).toEqual([[1, 9]]);
  });

  test('hold what a set holds, however it is added and dropped', () => {
    const [ranges, set] = [new Ranges(), new Set<number>()];
    for (let n = 0, seed = 1; n < 2_000; n++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const from = seed % 300;
      const to = from + (seed % 7);
      ranges.add(from, to);
      for (let value = from; value <= to; value++) set.add(value);
      if (n % 40 === 39) {
        ranges.dropBelow(from);
        for (const value of set) if (value < from) set.delete(value);
      }
      const values = Array.from({ length: 310 }, (_, value) => value);
      expect(values.filter((value) => ranges.has(value))).toEqual(values.filter((value) => set.has(value)));
    }
    const all = [...ranges];
    expect(all.every(([from], index) => from > (all[index - 1]?.[1] ?? -2) + 1)).toBe(true);
  });
});
