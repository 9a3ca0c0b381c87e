import { expect, test } from 'bun:test';
import { bursts } from '../../../src/load/burst.ts';

function clockOf(stepMs: number) {
  let now = 0;
  return {
    now: () => now,
    sleep: async () => undefined,
    pass: () => {
      now += stepMs;
    },
  };
}

test('bursts follow each other until the time is over, and making them is not measured', async () => {
  const clock = clockOf(10);
  const latencies: number[] = [];
  let cleared = 0;
  const { ms, burst } = await bursts({
    ...{ ms: 50, clock, signal: new AbortController().signal },
    prepare: async () => {
      clock.pass();
      const call = { send: async () => clock.pass() };
      return {
        calls: [call, call],
        clear: async () => {
          cleared++;
        },
      };
    },
    onAnswered: (_, late) => void latencies.push(late),
  });
  expect(burst).toEqual({ rounds: 2, allMs: [20, 20] });
  expect([ms, cleared, latencies.length]).toEqual([40, 2, 4]);
});

test('there is one burst even if there is no time for it', async () => {
  const clock = clockOf(1);
  const calls = { calls: [], clear: async () => undefined };
  const { burst } = await bursts({
    ...{ ms: 0, clock, signal: new AbortController().signal, onAnswered: () => undefined },
    prepare: async () => calls,
  });
  expect(burst.rounds).toBe(1);
});
