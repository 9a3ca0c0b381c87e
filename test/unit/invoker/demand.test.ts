import { describe, expect, test } from 'bun:test';
import { Demand } from '../../../src/invoker/demand.ts';

const fixed = { count: 3, memory: 256 };
const cell = { count: 2, memory: 256, reactive: { minCount: 1, maxCount: 4, ttlMs: 1000, threshold: 2, increment: 1 } };

function started(demand: Demand, times: number): void {
  for (let n = 0; n < times; n++) demand.started('js');
}

describe('how many stem cells are wanted (RT-04)', () => {
  test('as many as the manifest says, whatever happens', () => {
    const demand = new Demand(0);
    started(demand, 100);
    demand.tick(60_000);
    expect(demand.wanted('js', fixed)).toBe(3);
  });

  test('in the first minute as many as there are to be at the start; then as the minute before asks for', () => {
    const demand = new Demand(0);
    started(demand, 6);
    demand.tick(59_999);
    expect(demand.wanted('js', cell)).toBe(2);
    demand.tick(60_000);
    expect(demand.wanted('js', cell)).toBe(3);
    demand.tick(119_999);
    expect(demand.wanted('js', cell)).toBe(3);
    demand.tick(120_000);
    expect(demand.wanted('js', cell)).toBe(1);
  });

  test('of another runtime none the more', () => {
    const demand = new Demand(0);
    started(demand, 8);
    demand.tick(60_000);
    expect([demand.wanted('js', cell), demand.wanted('python', cell)]).toEqual([4, 1]);
  });

  test('a minute in which nobody looked was one without calls', () => {
    const demand = new Demand(0);
    started(demand, 8);
    demand.tick(180_000);
    expect(demand.wanted('js', cell)).toBe(1);
  });
});
