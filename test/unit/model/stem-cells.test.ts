import { describe, expect, test } from 'bun:test';
import { cellsFor, readStemCells } from '../../../src/model/stem-cells.ts';

const reactive = { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 2, increment: 1 };
const read = (fields: object) => readStemCells([{ initialCount: 2, memory: '256 MB', ...fields }], 'here');

describe('stem cells by demand (RT-04)', () => {
  test('are read as OpenWhisk writes them', () => {
    expect(read({ reactive })).toEqual([
      {
        count: 2,
        memory: 256,
        reactive: { minCount: 1, maxCount: 4, ttlMs: 120_000, threshold: 2, increment: 1 },
      },
    ]);
  });

  test.each<[unknown, string]>([
    [[], ' is not an object'],
    [{ ...reactive, minCount: -1 }, '.minCount must be a whole number'],
    [{ ...reactive, maxCount: 0 }, '.maxCount must be a whole number from 1 up'],
    [{ ...reactive, threshold: 0 }, '.threshold must be a whole number from 1 up'],
    [{ ...reactive, increment: 1.5 }, '.increment must be a whole number from 1 up'],
    [{ ...reactive, ttl: 'long' }, ".ttl must be a time such as '2 minutes'"],
    [{ ...reactive, ttl: 2 }, ".ttl must be a time such as '2 minutes'"],
    [{ ...reactive, minCount: 5 }, '.minCount is more than maxCount'],
    [{ ...reactive, increment: 5 }, '.increment is more than maxCount'],
  ])('that are wrong are refused with their place: %p', (wrong, sentence) => {
    expect(() => read({ reactive: wrong })).toThrow(`here.stemCells[0].reactive${sentence}`);
  });

  test.each([
    [0, 1],
    [1, 1],
    [2, 1],
    [4, 2],
    [7, 3],
    [8, 4],
    [1000, 4],
  ])('for %p new containers in a minute they are %p', (started, cells) => {
    expect(cellsFor({ ...reactive, ttlMs: 0 }, started)).toBe(cells);
  });
});
