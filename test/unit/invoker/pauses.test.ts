import { expect, test } from 'bun:test';
import { Pauses } from '../../../src/invoker/pauses.ts';

test('a runtime that fails again and again is tried at once, then after pauses that double up to a minute', () => {
  const pauses = new Pauses();
  const waited: number[] = [];
  let now = 0;
  for (let n = 0; n < 10; n++) {
    expect(pauses.isOver('a', now)).toBe(true);
    pauses.failed('a', now);
    const began = now;
    while (!pauses.isOver('a', now)) now += 500;
    waited.push(now - began);
  }
  expect(waited).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('failures within a pause count once, and other runtimes are not concerned', () => {
  const pauses = new Pauses();
  for (const now of [0, 0, 10, 20]) pauses.failed('a', now);
  expect([pauses.isOver('a', 999), pauses.isOver('a', 1000), pauses.isOver('b', 0)]).toEqual([false, true, true]);
});

test('after a minute without a failure the next one is the first again', () => {
  const pauses = new Pauses();
  pauses.failed('a', 0);
  pauses.failed('a', 0);
  pauses.failed('a', 61_001);
  expect(pauses.isOver('a', 61_001)).toBe(true);
});
