import { describe, expect, test } from 'bun:test';
import { figure } from '../../../bench/measure/figure.ts';

const id = { id: 'local/warm/p50', title: 'warm call, p50', unit: 'µs' } as const;

describe('a figure', () => {
  test('is the median of its rounds, with the least and the greatest', () => {
    expect(figure({ ...id, rounds: [5, 1, 3] })).toEqual({
      ...id,
      better: 'lower',
      rounds: [5, 1, 3],
      value: 3,
      low: 1,
      high: 5,
    });
  });

  test('has no distribution where there are no samples of single calls', () => {
    expect(figure({ ...id, rounds: [1] })).not.toHaveProperty('samples');
    expect(figure({ ...id, rounds: [2], samples: [1, 2, 3] }).samples).toMatchObject({ count: 3, p50: 2 });
  });
});

describe('a floor', () => {
  test('is the sum of its parts in each round', () => {
    const parts = { HTTP: [10, 20, 30], frame: [1, 2, 3] };
    const { floor } = figure({ ...id, rounds: [22, 44, 66], floor: { what: 'HTTP + pipe', parts } });
    expect(floor).toMatchObject({ value: 22, rounds: [11, 22, 33], parts: { HTTP: 20, frame: 2 } });
  });

  test('is compared within the same round, so that a machine that gets slower changes nothing', () => {
    const { floor } = figure({ ...id, rounds: [20, 200, 60], floor: { what: 'HTTP', parts: { HTTP: [10, 100, 20] } } });
    expect(floor?.ratio).toEqual({ value: 2, low: 2, high: 3 });
  });
});
