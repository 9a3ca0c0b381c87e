import { describe, expect, test } from 'bun:test';
import { Latencies, nines } from '../../../src/load/latencies.ts';

describe('latencies', () => {
  test('are summed up to p99.9, three digits of each being right', () => {
    const latencies = new Latencies();
    for (let us = 1; us <= 10_000; us++) latencies.record(us);
    const { count, min, max, mean, p50, p75, p90, p99, p999 } = latencies.summary ?? { count: 0 };
    expect([count, min]).toEqual([10_000, 1]);
    const near = (value: number | undefined, wanted: number) =>
      expect(Math.abs((value ?? 0) - wanted)).toBeLessThan(wanted / 500);
    near(mean, 5_000);
    near(p50, 5_000);
    near(p75, 7_500);
    near(p90, 9_000);
    near(p99, 9_900);
    near(p999, 9_990);
    near(max, 10_000);
  });

  test('have no share of calls that is above the longest of them, nor below the shortest', () => {
    for (const us of [20_978, 20_979, 40_001, 123_457]) {
      const latencies = new Latencies();
      latencies.record(us);
      const { min, p50, p999, max } = latencies.summary ?? {};
      const { curve } = latencies;
      expect([min, p50, p999, max, curve.at(-1)?.[1]]).toEqual([us, us, us, us, us]);
    }
  });

  test('of no calls say nothing', () => {
    expect(new Latencies().summary).toBeUndefined();
    expect(new Latencies().curve).toEqual([]);
  });

  test('shorter than a microsecond and longer than an hour are counted, too', () => {
    const latencies = new Latencies();
    for (const us of [0, 0.2, 1e13]) latencies.record(us);
    expect(latencies.summary).toMatchObject({ count: 3, min: 1 });
    expect(latencies.summary?.max).toBeGreaterThan(3.59e9);
  });

  test('are drawn as a curve that rises to the greatest of them', () => {
    const latencies = new Latencies();
    for (let us = 1; us <= 1_000; us++) latencies.record(us);
    const { curve } = latencies;
    expect(curve[0]).toEqual([0, 1]);
    expect(curve.at(-1)).toEqual([1, 1_000]);
    for (const [index, [share, value]] of curve.entries()) {
      expect(share).toBeGreaterThanOrEqual(curve[index - 1]?.[0] ?? 0);
      expect(value).toBeGreaterThanOrEqual(curve[index - 1]?.[1] ?? 0);
    }
  });
});

test('a curve goes as far into the tail as there are values for', () => {
  expect(nines(1)).toEqual([0, 1]);
  const shares = nines(1_000);
  expect(shares).toHaveLength(62);
  expect(shares.at(-2)).toBeCloseTo(0.999, 6);
});
