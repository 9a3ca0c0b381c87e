import { describe, expect, test } from 'bun:test';
import { differences, holm, mannWhitney, roundsNeeded } from '../../../bench/measure/difference.ts';

describe('the test of Mann and Whitney', () => {
  test('knows the probabilities of its tables', () => {
    // Of the 20 ways in which three ranks of six can fall, two are as lopsided as this.
    expect(mannWhitney([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20, 10);
    expect(mannWhitney([4, 5, 6], [1, 2, 3])).toBeCloseTo(2 / 20, 10);
    // The published critical value of U for 5 and 5 at 5 % is 2: U = 2 is just rare enough, U = 3 is not.
    expect(mannWhitney([1, 2, 3, 4, 7], [5, 6, 8, 9, 10])).toBeCloseTo(0.0317, 3);
    expect(mannWhitney([1, 2, 3, 4, 8], [5, 6, 7, 9, 10])).toBeCloseTo(0.0556, 3);
  });

  test('sees no difference where there is none', () => {
    expect(mannWhitney([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(mannWhitney([5, 5], [5, 5])).toBe(1);
  });

  test('counts equal numbers by the mean of their ranks', () => {
    // The ranks are 1, 2.5, 2.5 and 4: of the six pairs two have the sum 3.5, two 5, and two 6.5.
    expect(mannWhitney([1, 2], [2, 3])).toBeCloseTo(4 / 6, 10);
  });
});

test('many comparisons at once must be the surer for being many', () => {
  const close = (values: readonly number[]) => values.map((each) => Number(each.toFixed(6)));
  expect(close(holm([0.01, 0.04, 0.03]))).toEqual([0.03, 0.06, 0.06]);
  expect(close(holm([0.5, 0.9]))).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

test('a difference is real when luck would hardly make it in the whole table', () => {
  const slow = [11, 12, 13, 14, 15, 16, 17];
  const quick = [1, 2, 3, 4, 5, 6, 7];
  const [real, none] = differences([
    { here: quick, there: slow },
    { here: slow, there: [...slow].reverse() },
  ]);
  expect(real).toMatchObject({ ratio: 4 / 14, isReal: true });
  expect(none).toEqual({ ratio: 1, probability: 1, isReal: false });
});

test('a large table needs more rounds than a small one before it can say anything', () => {
  // Of 70 ways in which four of eight ranks can fall, two are the most lopsided: 0.029.
  expect([1, 2, 6, 20, 85].map(roundsNeeded)).toEqual([4, 5, 5, 6, 7]);
});
