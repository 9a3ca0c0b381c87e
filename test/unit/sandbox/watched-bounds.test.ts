import { expect, test } from 'bun:test';
import { nextLookMs } from '../../../src/sandbox/local/watched-bounds.ts';

const MEGABYTE = 1024 * 1024;

test('the closer to its limit, the sooner a place is looked at again', () => {
  expect(nextLookMs(100 * MEGABYTE)).toBe(100);
  expect(nextLookMs(50 * MEGABYTE)).toBe(50);
});

test('never more often than every 20 ms, nor less than every 250 ms', () => {
  expect(nextLookMs(-5 * MEGABYTE)).toBe(20);
  expect(nextLookMs(MEGABYTE)).toBe(20);
  expect(nextLookMs(4096 * MEGABYTE)).toBe(250);
});
