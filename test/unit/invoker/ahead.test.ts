import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { Ahead, Foresight } from '../../../src/invoker/ahead.ts';

function seen(runs: number, us: number, foresight = new Foresight()): Foresight {
  for (let n = 0; n < runs; n++) foresight.ran(us);
  return foresight;
}

describe('how many jobs are sent ahead', () => {
  test('none, before anything is known of the runs', () => {
    expect(new Foresight().depth).toBe(0);
  });

  test('as many as are done while another container would wake up', () => {
    expect([20, 40, 70, 140].map((us) => seen(500, us).depth)).toEqual([7, 3, 2, 1]);
  });

  test('none, where a run takes longer than that', () => {
    expect(seen(500, 160).depth).toBe(0);
  });

  test('fewer for a while after a run in which the kernel let others run, but not none', () => {
    const foresight = seen(1, 5_000, seen(500, 20));
    expect(foresight.depth).toBe(2);
    expect(seen(100, 20, foresight).depth).toBe(7);
  });

  test('none for a thousand runs after one that took long', () => {
    const foresight = seen(1, 50_000, seen(500, 20));
    expect(seen(999, 20, foresight).depth).toBe(0);
    expect(seen(1, 20, foresight).depth).toBe(7);
  });
});

describe('jobs that were sent ahead', () => {
  let recalls: number;
  let ahead: Ahead;
  let told: [id: string, isBegun: boolean][];
  const wait = (id: string) => void ahead.wait(id).then((isBegun) => told.push([id, isBegun]));
  const settle = async () => {
    for (let n = 0; n < 10; n++) await Promise.resolve();
  };

  beforeEach(() => {
    jest.useFakeTimers();
    recalls = 0;
    told = [];
    ahead = new Ahead(() => {
      recalls++;
    });
  });
  afterEach(() => void jest.useRealTimers());

  test('are begun in their order, one for each run that is done', async () => {
    for (const id of ['a', 'b', 'c']) wait(id);
    ahead.next();
    ahead.next();
    await settle();
    expect(told).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  test('are told when they will not be begun', async () => {
    for (const id of ['a', 'b', 'c']) wait(id);
    ahead.takeBack('b');
    ahead.giveUp();
    await settle();
    expect(told).toEqual([
      ['b', false],
      ['a', false],
      ['c', false],
    ]);
  });

  test('are asked back when one run takes 10 ms, and not while runs are done', () => {
    for (const id of ['a', 'b', 'c']) wait(id);
    jest.advanceTimersByTime(9);
    ahead.next();
    jest.advanceTimersByTime(10);
    expect(recalls).toBe(0);
    jest.advanceTimersByTime(10);
    expect(recalls).toBe(1);
  });

  test('nothing is asked back when nothing waits', () => {
    wait('a');
    ahead.next();
    jest.advanceTimersByTime(100);
    wait('b');
    ahead.giveUp();
    jest.advanceTimersByTime(100);
    expect(recalls).toBe(0);
  });
});
