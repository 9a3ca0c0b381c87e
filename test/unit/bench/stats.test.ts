import { expect, test } from 'bun:test';
import { curveOf, median, quantile, summarize } from '../../../bench/measure/stats.ts';

const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);

test('a quantile is a value that was measured', () => {
  const sorted = Float64Array.from(hundred).sort();
  expect([quantile(sorted, 0), quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)]).toEqual([
    1, 51, 100, 100,
  ]);
});

test('there is no quantile of nothing', () => {
  expect(() => quantile([], 0.5)).toThrow('no samples');
});

test('the median of an even number of values lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
});

test('a summary does not depend on the order of the samples', () => {
  const summary = summarize(hundred);
  expect(summary).toEqual(summarize(hundred.toReversed()));
  expect(summary).toMatchObject({ count: 100, min: 1, mean: 50.5, p50: 51, p90: 91, p99: 100, max: 100 });
});

test('the curve goes from the least to the greatest sample', () => {
  const curve = curveOf(hundred);
  const shares = curve.map(([share]) => share);
  expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
  expect(shares.at(-2)).toBeCloseTo(0.99, 6);
  expect([curve[0]?.[1], curve.at(-1)?.[1]]).toEqual([1, 100]);
});
