import { describe, expect, test } from 'bun:test';
import { type Call, type Clock, closedLoop, type DriveOptions, openLoop } from '../../../src/load/drive.ts';

/** Time that goes on only when everybody waits for it. */
class FakeClock implements Clock {
  #now = 0;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.push({ until: this.#now + ms, wake: resolve });
    return promise;
  }

  /** Lets time go on until this work has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const ended = work.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      const next = this.#sleepers.sort((a, b) => a.until - b.until).shift();
      if (!next) break;
      this.#now = next.until;
      next.wake();
    }
    return ended;
  }
}

/** Sends calls that take as long as `serviceMs` says of the nth one; answers what was measured of each. */
function load(serviceMs: (n: number) => number, options: Partial<DriveOptions> = {}) {
  const clock = new FakeClock();
  const latencies: number[] = [];
  const sentAt: number[] = [];
  const signal = new AbortController().signal;
  let made = 0;
  const next = (): Call => {
    const n = made++;
    return {
      async send() {
        sentAt.push(clock.now());
        await clock.sleep(serviceMs(n));
      },
    };
  };
  const onAnswered = (_: Call, ms: number) => void latencies.push(ms);
  return { clock, latencies, sentAt, options: { workers: 1, ms: 100, clock, signal, next, onAnswered, ...options } };
}

describe('a closed loop', () => {
  test('sends the next call when the one before is answered, until the time is over', async () => {
    const { clock, latencies, sentAt, options } = load(() => 30);
    expect(await clock.during(closedLoop(options))).toBe(120);
    expect(sentAt).toEqual([0, 30, 60, 90]);
    expect(latencies).toEqual([30, 30, 30, 30]);
  });

  test('does so on each connection', async () => {
    const { clock, sentAt, options } = load(() => 50, { workers: 3 });
    await clock.during(closedLoop(options));
    expect(sentAt).toEqual([0, 0, 0, 50, 50, 50]);
  });

  test('does not count the time that it takes to make a call', async () => {
    const { clock, latencies, options } = load(() => 10, { ms: 50 });
    const slowly = async (worker: number) => {
      await clock.sleep(40);
      return options.next(worker);
    };
    await clock.during(closedLoop({ ...options, next: slowly }));
    expect(latencies).toEqual([10]);
  });

  test('ends early when it is told to, or has no more calls', async () => {
    const controller = new AbortController();
    const { clock, latencies, options } = load(() => 10, { signal: controller.signal });
    const onAnswered = (call: Call, ms: number) => {
      options.onAnswered(call, ms);
      if (latencies.length === 2) controller.abort();
    };
    await clock.during(closedLoop({ ...options, onAnswered }));
    expect(latencies).toHaveLength(2);
    await clock.during(closedLoop({ ...options, next: () => undefined, signal: new AbortController().signal }));
    expect(latencies).toHaveLength(2);
  });
});

test('a call that cannot be made ends the load, but not before the other connections are free', async () => {
  const open = (options: DriveOptions) => openLoop({ ...options, rate: 1_000 });
  for (const loop of [closedLoop, open] as ((options: DriveOptions) => Promise<unknown>)[]) {
    const { clock, latencies, sentAt, options } = load(() => 30, { workers: 3 });
    const next = (worker: number) => {
      if (worker === 1) throw new Error('no more actions');
      return options.next(worker);
    };
    await expect(clock.during(loop({ ...options, next }))).rejects.toThrow('no more actions');
    expect(latencies.length).toBe(sentAt.length);
    expect(sentAt.length).toBeLessThanOrEqual(2);
  }
});

describe('an open loop', () => {
  test('sends at its rate, whatever the answers do', async () => {
    const { clock, latencies, sentAt, options } = load(() => 35, { workers: 10 });
    const end = await clock.during(openLoop({ ...options, rate: 100 }));
    expect(sentAt).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(latencies).toEqual(Array.from({ length: 10 }, () => 35));
    expect(end).toEqual({ ms: 125, planned: 10, unsent: 0 });
  });

  test('counts from when a call was to be sent: one that stands still is seen in those behind it', async () => {
    const { clock, latencies, options } = load((n) => (n === 2 ? 45 : 1));
    await clock.during(openLoop({ ...options, rate: 100 }));
    // Calls were to be sent at 0, 10, 20 (this one stood until 65), 30, 40, 50, 60, …
    expect(latencies).toEqual([1, 1, 45, 36, 27, 18, 9, 1, 1, 1]);
  });

  test('gives up, and says so, when the host is as far behind as the load is long', async () => {
    const { clock, latencies, options } = load(() => 70);
    const end = await clock.during(openLoop({ ...options, rate: 100 }));
    // Sent at 0, 70 and 140, for 0, 10 and 20; at 210 it is too late.
    expect(latencies).toEqual([70, 130, 190]);
    expect(end).toEqual({ ms: 210, planned: 10, unsent: 7 });
  });
});
