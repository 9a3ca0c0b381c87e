import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { Invoker, type InvokerOptions } from '../../../src/invoker/invoker.ts';
import { parseManifest } from '../../../src/model/manifest.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { type ContainerMoved, Events } from '../../../src/observe/events.ts';
import { RuntimeFault } from '../../../src/protocol/protocol.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';
import { job } from '../../fake/job.ts';
import { FakeProtocol, type FakeTalk } from '../../fake/protocol.ts';
import { FakeSandbox } from '../../fake/sandbox.ts';

const manifest = (stemCells: number) =>
  parseManifest(
    JSON.stringify({
      runtimes: {
        nodejs: [
          {
            kind: 'nodejs:20',
            default: true,
            image: 'node',
            stemCells: stemCells ? [{ initialCount: stemCells, memory: '256 MB' }] : [],
            whisklet: { protocol: 'stdio', family: 'javascript' },
          },
          { kind: 'nodejs:22', image: 'node', whisklet: { protocol: 'stdio', family: 'javascript' } },
        ],
        python: [{ kind: 'python:3', default: true, image: 'p', whisklet: { protocol: 'stdio', family: 'python' } }],
      },
    }),
  );

let sandbox: FakeSandbox;
let protocol: FakeProtocol;
let events: Events;
let moves: ContainerMoved[];

function invoker(options: Partial<InvokerOptions> & { cells?: number } = {}): Invoker {
  const { cells = 0, ...rest } = options;
  return new Invoker({
    ...{ sandbox, events, protocols: { stdio: protocol, http: protocol }, manifest: manifest(cells) },
    ...{ poolMemory: 1024, keepAliveMs: 600_000, pauseAfterMs: undefined, patienceMs: 100, readyMs: 10_000 },
    refillAfterMs: 20,
    ...{ parallelStarts: 8, stemCells: true, resultBytes: 1024 * 1024, env: {} },
    ...rest,
  });
}

/** Lets everything happen that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let n = 0; n < 50; n++) await Promise.resolve();
}

const errorOf = ({ response }: Outcome) => JSON.parse(response.result).error as string;

beforeEach(() => {
  jest.useFakeTimers();
  sandbox = new FakeSandbox();
  protocol = new FakeProtocol();
  events = new Events();
  moves = [];
  events.containerMoved.subscribe((move) => moves.push(move));
});
afterEach(() => {
  jest.useRealTimers();
});

describe('serving', () => {
  test('starts a container for the first job and uses it again for the next', async () => {
    const pool = invoker();
    const first = await pool.run(job());
    const second = await pool.run(job());
    expect(first.initMs).toBeGreaterThanOrEqual(0);
    expect(second.initMs).toBeUndefined();
    expect(sandbox.places.length).toBe(1);
    expect(protocol.talks[0]?.inits.length).toBe(1);
    expect(protocol.talks[0]?.runs.length).toBe(2);
    expect(pool.status.starts).toEqual({ cold: 1, prewarmed: 0, warm: 1 });
  });

  test('takes a stem cell, resizes it for the action, and puts a new one in its place (RT-03, RT-05)', async () => {
    const pool = invoker({ cells: 1, poolMemory: 2048 });
    await pool.start();
    expect(sandbox.places.length).toBe(1);
    await pool.run(job({ limits: { timeout: 1000, memory: 512, logs: 1, concurrency: 1 } }));
    await settle();
    expect(pool.status.starts).toEqual({ cold: 0, prewarmed: 1, warm: 0 });
    expect(sandbox.places[0]?.memory).toBe(512);
    // Not beside the first call, which needs the processor.
    jest.advanceTimersByTime(19);
    expect(sandbox.places.length).toBe(1);
    jest.advanceTimersByTime(1);
    await settle();
    expect(sandbox.places.length).toBe(2);
    expect(pool.status.memoryUsed).toBe(768);
  });

  test('kinds with one runtime share their stem cells', async () => {
    const pool = invoker({ cells: 1 });
    await pool.start();
    await pool.run(job({ exec: { kind: 'nodejs:22', binary: false } }));
    expect(pool.status.starts.prewarmed).toBe(1);
  });

  test('never shares a warm container between namespaces, actions or revisions (ACT-18, TRAP-17)', async () => {
    const pool = invoker({ poolMemory: 4096 });
    await pool.run(job());
    await pool.run(job({}, { namespace: 'other' }));
    await pool.run(job({ id: 'guest/b' }));
    await pool.run(job({ rev: '2-b' }));
    expect(sandbox.places.length).toBe(4);
    expect(pool.status.starts.warm).toBe(0);
  });

  test('offers nothing when there is no room now, and says so at once', async () => {
    const pool = invoker();
    expect(pool.offer(job())).toBeUndefined();
    await pool.run(job());
    expect(pool.offer(job())).toBeInstanceOf(Promise);
    expect(pool.offer(job())).toBeUndefined();
  });

  test('gives a container with room for several calls several calls', async () => {
    protocol.concurrent = true;
    protocol.answerAtOnce = undefined;
    const pool = invoker();
    const limits = { timeout: 1000, memory: 256, logs: 1, concurrency: 3 };
    const outcomes = [1, 2, 3, 4].map(() => pool.run(job({ limits })));
    await settle();
    expect(sandbox.places.length).toBe(2);
    expect(protocol.running.length).toBe(4);
    for (const run of protocol.running) run.answer();
    expect((await Promise.all(outcomes)).map(({ response }) => response.status)).toEqual(Array(4).fill('success'));
  });
});

describe('stem cells by demand (RT-04)', () => {
  test('are as many as the last minute asked for, and go when they were not needed for their time', async () => {
    const reactive = { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 2, increment: 1 };
    const entry = {
      ...{ kind: 'nodejs:20', default: true, image: 'node', whisklet: { protocol: 'stdio', family: 'javascript' } },
      stemCells: [{ initialCount: 2, memory: '256 MB', reactive }],
    };
    const own = parseManifest(JSON.stringify({ runtimes: { nodejs: [entry] } }));
    const pool = invoker({ manifest: own, poolMemory: 8192 });
    const cells = async (ms: number) => {
      jest.advanceTimersByTime(ms);
      await settle();
      return pool.status.byKind['nodejs:20']?.prewarmed ?? 0;
    };
    await pool.start();
    expect(await cells(0)).toBe(2);
    for (let n = 0; n < 8; n++) await pool.run(job({ id: `guest/${n}` }));
    expect(await cells(30)).toBe(2);
    expect(await cells(61_000)).toBe(4);
    // Two of them are two minutes old by now, two are one.
    expect(await cells(60_000)).toBe(2);
    expect(await cells(60_000)).toBe(1);
    await pool.close();
  });
});

describe('waiting', () => {
  test('a job that counted on a container does not wait for the long call that this one got', async () => {
    const pool = invoker({ cells: 1, poolMemory: 512 });
    await pool.start();
    await pool.run(job({ id: 'guest/idle', exec: { kind: 'python:3', binary: false } }));
    jest.advanceTimersByTime(100);
    protocol.answerAtOnce = undefined;
    // The stem cell serves the first; for the second another action's idle container must go.
    void pool.run(job());
    void pool.run(job());
    await settle();
    expect(protocol.running.length).toBe(2);
  });

  test('an action that is served spares a container of another that was used just now, but for no longer than patience', async () => {
    const pool = invoker({ poolMemory: 512 });
    await pool.run(job());
    await pool.run(job({ id: 'guest/other' }));
    protocol.answerAtOnce = undefined;
    void pool.run(job());
    void pool.run(job());
    await settle();
    expect([pool.status.waiting, pool.status.ends.evicted]).toEqual([1, 0]);
    jest.advanceTimersByTime(100);
    await settle();
    expect(pool.status.ends.evicted).toBe(1);
    expect(protocol.running.length).toBe(2);
  });

  test('serves waiters in the order in which they came (INV-13)', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256 });
    const order: number[] = [];
    const all = [1, 2, 3].map((n) => pool.run(job({}, { args: `{"n":${n}}` })).then(() => order.push(n)));
    for (const n of [1, 2, 3]) {
      await settle();
      expect(protocol.running.map(({ request }) => request.args)).toEqual([`{"n":${n}}`]);
      protocol.running[0]?.answer();
    }
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3]);
  });

  test('a job takes the warm container that comes free while another is still starting', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker();
    const first = pool.run(job());
    await settle();
    const gate = Promise.withResolvers<void>();
    sandbox.gate = gate.promise;
    const second = pool.run(job());
    await settle();
    protocol.running[0]?.answer();
    await first;
    await settle();
    protocol.running[0]?.answer();
    expect((await second).initMs).toBeUndefined();
    gate.resolve();
  });

  test('evicts the idle container that was unused for longest', async () => {
    const pool = invoker({ poolMemory: 512 });
    await pool.run(job({ id: 'guest/a' }));
    jest.advanceTimersByTime(10);
    await pool.run(job({ id: 'guest/b' }));
    jest.advanceTimersByTime(10);
    await pool.run(job({ id: 'guest/a' }));
    await pool.run(job({ id: 'guest/c' }));
    expect(pool.status.ends.evicted).toBe(1);
    await pool.run(job({ id: 'guest/a' }));
    expect(pool.status.starts).toEqual({ cold: 3, prewarmed: 0, warm: 2 });
  });

  test('an action that never rests gives up a container for one that waits longer than patience', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256, patienceMs: 100 });
    const hot = [1, 2, 3].map(() => pool.run(job({ id: 'guest/hot' })));
    await settle();
    jest.advanceTimersByTime(1);
    const cold = pool.run(job({ id: 'guest/cold' }));
    jest.advanceTimersByTime(1);
    const late = pool.run(job({ id: 'guest/hot' }));
    // Its own came earlier: they are served first, whatever the other's patience.
    jest.advanceTimersByTime(1000);
    for (let n = 0; n < 3; n++) {
      await settle();
      protocol.running[0]?.answer();
    }
    await Promise.all(hot);
    await settle();
    protocol.running[0]?.answer();
    expect((await cold).response.status).toBe('success');
    await settle();
    protocol.running[0]?.answer();
    expect((await late).response.status).toBe('success');
    expect(protocol.talks.map(({ inits }) => inits[0]?.env.__OW_ACTION_NAME)).toEqual([
      '/guest/hot',
      '/guest/cold',
      '/guest/hot',
    ]);
  });

  test('a burst of new actions starts as many containers at once as it may', async () => {
    const gate = Promise.withResolvers<void>();
    sandbox.gate = gate.promise;
    const pool = invoker({ poolMemory: 16_384, parallelStarts: 5 });
    const burst = Array.from({ length: 20 }, (_, n) => pool.run(job({ id: `guest/a${n}` })));
    await settle();
    expect(pool.status.byKind['nodejs:20']).toEqual({ starting: 5 });
    gate.resolve();
    expect((await Promise.all(burst)).every(({ response }) => response.status === 'success')).toBe(true);
    expect(sandbox.places.length).toBe(20);
  });

  test('10,000 jobs wait and are all served', async () => {
    const pool = invoker({ poolMemory: 256 });
    const outcomes = await Promise.all(Array.from({ length: 10_000 }, () => pool.run(job())));
    expect(outcomes.filter(({ response }) => response.status === 'success').length).toBe(10_000);
    expect(sandbox.places.length).toBe(1);
  });
});

describe('faults', () => {
  test('a place that cannot be had fails the job that waited for it, and no other', async () => {
    sandbox.refusal = 'no room in the inn';
    const pool = invoker();
    const outcome = await pool.run(job());
    expect(outcome.response.status).toBe('whisk internal error');
    expect(errorOf(outcome)).toBe('no room in the inn');
    sandbox.refusal = undefined;
    expect((await pool.run(job())).response.status).toBe('success');
  });

  test('an image that cannot be had is the developer’s fault (INV-17)', async () => {
    sandbox.refusal = "Failed to pull container image 'x'.";
    sandbox.isDevelopers = true;
    const outcome = await invoker().run(job({ exec: { kind: 'blackbox', image: 'x', binary: false } }));
    expect(outcome.response.status).toBe('action developer error');
  });

  test('stem cells that do not start are tried again after pauses, and at once for a job', async () => {
    sandbox.refusal = 'no image';
    const pool = invoker({ cells: 1 });
    let created = 0;
    events.containerMoved.subscribe(({ from }) => {
      if (from === undefined) created++;
    });
    await pool.start();
    await settle();
    const seen = [created];
    for (let n = 0; n < 7; n++) {
      jest.advanceTimersByTime(1_000);
      await settle();
      seen.push(created);
    }
    expect(seen).toEqual([2, 3, 3, 4, 4, 4, 4, 5]);
    expect(errorOf(await pool.run(job()))).toBe('no image');
    sandbox.refusal = undefined;
    jest.advanceTimersByTime(8_000);
    await settle();
    expect(pool.status.byKind['nodejs:20']?.prewarmed).toBe(1);
  });

  test('stem cells that end by themselves again and again are not replaced at once each time', async () => {
    const pool = invoker({ cells: 1 });
    await pool.start();
    const alive: number[] = [];
    for (let n = 0; n < 3; n++) {
      sandbox.living[0]?.die();
      await settle();
      alive.push(sandbox.living.length);
    }
    expect(alive).toEqual([1, 0, 0]);
    jest.advanceTimersByTime(1_000);
    await settle();
    expect(sandbox.living.length).toBe(1);
  });

  test('a runtime that never gets ready is given up after its time', async () => {
    protocol.open = () => new Promise(() => undefined);
    const running = invoker({ readyMs: 500 }).run(job());
    await settle();
    jest.advanceTimersByTime(500);
    expect(errorOf(await running)).toBe(
      'The runtime broke its protocol and was ended: it was not ready within 500 ms.',
    );
    expect(sandbox.living.length).toBe(0);
  });

  test('a container that dies in a run fails that run and is replaced', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker();
    const running = pool.run(job());
    await settle();
    sandbox.places[0]?.die({ lastWords: 'Segmentation fault' });
    const outcome = await running;
    expect(outcome.response.status).toBe('action developer error');
    expect(errorOf(outcome)).toBe('The action did not produce a valid response and exited unexpectedly.');
    expect(outcome.logs.join('\n')).toContain('stderr: Segmentation fault');
    protocol.answerAtOnce = { type: 'result', value: '{}' };
    expect((await pool.run(job())).response.status).toBe('success');
  });

  test('memory that runs out is said to have run out (INV-18)', async () => {
    protocol.answerAtOnce = undefined;
    const running = invoker().run(job());
    await settle();
    sandbox.places[0]?.die({ outOfMemory: true });
    expect(errorOf(await running)).toBe('The action exhausted its memory and was aborted.');
  });

  test('a stem cell that dies is not used, and is replaced', async () => {
    const pool = invoker({ cells: 1 });
    await pool.start();
    sandbox.places[0]?.die();
    await settle();
    expect(sandbox.places.length).toBe(2);
    expect((await pool.run(job())).response.status).toBe('success');
    expect(protocol.talks[0]?.inits.length).toBe(0);
  });

  test('a container that broke between two runs is found out by the next, which another one does', async () => {
    const pool = invoker();
    await pool.run(job());
    const broken = protocol.talks[0];
    if (broken) broken.run = () => Promise.reject(new RuntimeFault('it sent a frame without a type', true));
    const outcome = await pool.run(job());
    expect(outcome.response.status).toBe('success');
    expect(protocol.talks[1]?.runs.length).toBe(1);
    await settle();
    expect([sandbox.places.length, sandbox.living.length]).toEqual([2, 1]);
    expect(pool.status).toMatchObject({ active: 0, starts: { cold: 2, prewarmed: 0, warm: 0 }, ends: { died: 1 } });
  });

  /** The next runtimes are as the test makes them. */
  function changeTalks(change: (talk: FakeTalk) => void): void {
    const { open } = protocol;
    protocol.open = async (place) => {
      const talk = (await open.call(protocol, place)) as FakeTalk;
      change(talk);
      return talk;
    };
  }

  test('a container that breaks before its first run fails that run: another would break as well', async () => {
    changeTalks((talk) => {
      talk.run = () => {
        sandbox.places[0]?.die();
        return Promise.reject(new RuntimeFault('it sent a frame without a type', true));
      };
    });
    const outcome = await invoker().run(job());
    expect(errorOf(outcome)).toBe('The action did not produce a valid response and exited unexpectedly.');
    expect(sandbox.places.length).toBe(1);
  });

  test('a container that ends in the moment in which it is initialized fails its run, and nothing else', async () => {
    changeTalks((talk) => {
      talk.init = async () => {
        sandbox.places[0]?.die();
        await settle();
        talk.run = () => Promise.reject(new RuntimeFault('it ended', true));
        return { type: 'result', value: '' };
      };
    });
    const pool = invoker();
    const outcome = await pool.run(job());
    expect(errorOf(outcome)).toBe('The action did not produce a valid response and exited unexpectedly.');
    await settle();
    expect(pool.status).toMatchObject({ active: 0, memoryUsed: 0 });
  });

  test('a fault of ours in a run costs its container, and no other', async () => {
    const pool = invoker();
    await pool.run(job());
    const watcher = {
      started: () => {
        throw new Error('a watcher that throws');
      },
      logged: () => undefined,
    };
    await expect(pool.run(job({}, { watcher }))).rejects.toThrow('a watcher that throws');
    await settle();
    expect(pool.status).toMatchObject({ active: 0, memoryUsed: 0 });
    expect((await pool.run(job())).response.status).toBe('success');
  });

  test('a run that takes too long costs the container its life (PROT-06)', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker();
    const running = pool.run(job({ limits: { timeout: 100, memory: 256, logs: 1, concurrency: 1 } }));
    await settle();
    jest.advanceTimersByTime(100);
    const outcome = await running;
    expect(errorOf(outcome)).toBe('The action exceeded its time limits of 100 milliseconds.');
    expect(outcome.timedOut).toBe(true);
    await settle();
    expect(sandbox.living.length).toBe(0);
  });

  test('a failed run ends a container of one call at a time, but not one that others use too', async () => {
    protocol.answerAtOnce = { type: 'failure', error: 'An error has occurred: Error: boom' };
    const pool = invoker();
    expect(errorOf(await pool.run(job()))).toBe('An error has occurred: Error: boom');
    await settle();
    expect(sandbox.living.length).toBe(0);
    protocol.concurrent = true;
    const limits = { timeout: 1000, memory: 256, logs: 1, concurrency: 2 };
    await pool.run(job({ limits }));
    await pool.run(job({ limits }));
    expect(sandbox.living.length).toBe(1);
  });
});

test('a container that is closed while its runtime becomes ready leaves nothing behind', async () => {
  const gate = Promise.withResolvers<void>();
  const { open } = protocol;
  protocol.open = async (place) => {
    await gate.promise;
    return open.call(protocol, place);
  };
  const pool = invoker({ cells: 1 });
  const started = pool.start();
  await settle();
  const closed = pool.close();
  gate.resolve();
  await Promise.all([started, closed]);
  expect(sandbox.living.length).toBe(0);
  expect(moves.map(({ to }) => to)).toEqual(['starting', 'closing', 'gone']);
});

describe('change', () => {
  describe('a job whose code is gone when a container asks for it', () => {
    const gone = () => job({ code: async () => undefined });
    const changed = { rev: '2-b', code: async () => 'new code' };

    test('goes on with what the action was changed to, before or after that', async () => {
      const pool = invoker();
      const early = pool.run(gone());
      await settle();
      pool.retire('guest/a', job(changed).action);
      expect((await early).response.status).toBe('success');
      expect((await pool.run(gone())).response.status).toBe('success');
      expect(protocol.talks.flatMap(({ inits }) => inits).map(({ code }) => code)).toEqual(['new code']);
      expect(sandbox.living.length).toBe(1);
    });

    test('ends when the action was deleted, or nobody tells what became of it', async () => {
      const pool = invoker();
      const removed = 'Action could not be found or may have been deleted.';
      const untold = pool.run(gone());
      await settle();
      jest.advanceTimersByTime(1_000);
      expect(errorOf(await untold)).toBe(removed);
      pool.retire('guest/a', undefined);
      const outcome = await pool.run(gone());
      expect([outcome.response.status, errorOf(outcome)]).toEqual(['whisk internal error', removed]);
      expect(sandbox.living).toEqual([]);
    });
  });

  test('after an update no old code begins: warm containers go, waiting jobs go over to the new revision', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256 });
    const running = pool.run(job());
    await settle();
    const waiting = pool.run(job());
    pool.retire('guest/a', job({ rev: '2-b', code: async () => 'new code' }).action);
    await settle();
    protocol.running[0]?.answer();
    await running;
    await settle();
    protocol.running[0]?.answer();
    expect((await waiting).initMs).toBeGreaterThanOrEqual(0);
    expect(protocol.talks.map(({ inits }) => inits[0]?.code)).toEqual(['function main() {}', 'new code']);
  });

  test('jobs that wait for an action that is deleted hear so (ACT-17)', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256 });
    const running = pool.run(job());
    await settle();
    const waiting = pool.run(job());
    pool.retire('guest/a', undefined);
    expect(errorOf(await waiting)).toBe('Action could not be found or may have been deleted.');
    protocol.running[0]?.answer();
    expect((await running).response.status).toBe('success');
  });
});

describe('rest', () => {
  test('an idle container is closed after its keep-alive time (INV-03)', async () => {
    const pool = invoker({ keepAliveMs: 1000 });
    await pool.run(job());
    jest.advanceTimersByTime(999);
    await settle();
    expect(sandbox.living.length).toBe(1);
    jest.advanceTimersByTime(1000);
    await settle();
    expect(sandbox.living.length).toBe(0);
  });

  test('an idle container is frozen, and thawed for the next job', async () => {
    const pool = invoker({ pauseAfterMs: 1000 });
    await pool.run(job());
    jest.advanceTimersByTime(2000);
    await settle();
    expect(sandbox.places[0]?.pauses).toBe(1);
    expect((await pool.run(job())).initMs).toBeUndefined();
    expect(sandbox.places[0]?.resumes).toBe(1);
    expect(sandbox.places.length).toBe(1);
  });

  test('an idle container that cannot be thawed costs no job: another one does it', async () => {
    const pool = invoker({ pauseAfterMs: 5_000 });
    await pool.run(job());
    jest.advanceTimersByTime(6_000);
    await settle();
    const [place] = sandbox.places;
    if (place) place.resume = () => Promise.reject(new Error('no such group'));
    expect((await pool.run(job())).response.status).toBe('success');
    await settle();
    expect([sandbox.places.length, sandbox.living.length]).toEqual([2, 1]);
  });

  test('a job that comes while the only container is being frozen has it as soon as it can be had', async () => {
    const pool = invoker({ pauseAfterMs: 5_000, poolMemory: 256 });
    await pool.run(job());
    const gate = Promise.withResolvers<void>();
    const [place] = sandbox.places;
    if (place) place.pause = () => gate.promise;
    jest.advanceTimersByTime(6_000);
    const running = pool.run(job());
    await settle();
    expect(pool.status.waiting).toBe(1);
    gate.resolve();
    expect((await running).response.status).toBe('success');
    expect([place?.resumes, sandbox.places.length]).toEqual([1, 1]);
  });

  test.each([-3_600_000, 3_600_000])('a clock that is set by %d ms changes nothing of it', async (by) => {
    const pool = invoker({ cells: 1, keepAliveMs: 10_000, pauseAfterMs: 5_000 });
    await pool.start();
    await pool.run(job());
    await settle();
    jest.setSystemTime(Date.now() + by);
    jest.advanceTimersByTime(4_000);
    await settle();
    expect(pool.status.byKind['nodejs:20']).toEqual({ ready: 1, prewarmed: 1 });
    sandbox.places[1]?.die();
    await settle();
    expect(pool.status.byKind['nodejs:20']).toEqual({ ready: 1, prewarmed: 1 });
    jest.advanceTimersByTime(4_000);
    await settle();
    expect(pool.status.byKind['nodejs:20']).toEqual({ paused: 1, prewarmed: 1 });
    jest.advanceTimersByTime(4_000);
    await settle();
    expect(pool.status.byKind['nodejs:20']).toEqual({ prewarmed: 1 });
  });

  test('closing lets running and waiting work finish, takes nothing new and leaves no container', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256, cells: 1 });
    await pool.start();
    const running = pool.run(job());
    const waiting = pool.run(job());
    await settle();
    const drained = pool.drain(10_000);
    expect(await pool.run(job()).catch(String)).toContain('stopping');
    for (const work of [running, waiting]) {
      await settle();
      protocol.running[0]?.answer();
      expect((await work).response.status).toBe('success');
    }
    await drained;
    await pool.close();
    expect(sandbox.living.length).toBe(0);
  });

  test('closing waits for work no longer than it was told', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker();
    const running = pool.run(job());
    await settle();
    const drained = pool.drain(500);
    jest.advanceTimersByTime(500);
    await drained;
    await pool.close();
    expect((await running).response.status).toBe('action developer error');
    expect(sandbox.living.length).toBe(0);
  });

  test('closing refuses what still waits, which was never begun', async () => {
    protocol.answerAtOnce = undefined;
    const pool = invoker({ poolMemory: 256 });
    const running = pool.run(job());
    const waiting = pool.run(job()).catch((thrown: unknown) => thrown);
    await settle();
    await pool.close();
    expect(await waiting).toMatchObject({ name: 'Refusal', status: 503 });
    expect((await running).response.status).toBe('action developer error');
  });
});

test('a job whose code cannot be read now is not begun, and leaves no container and nothing to wait for', async () => {
  const pool = invoker();
  const code = () => Promise.reject(new StoreUnavailable('the store is away'));
  const refused = pool.run(job({ code })).catch((thrown: unknown) => thrown);
  const drained = pool.drain(10_000);
  expect(await refused).toMatchObject({ name: 'Refusal', status: 503 });
  await drained;
  await pool.close();
  expect(sandbox.living.length).toBe(0);
});

test('every move of every container goes along the table and is told', async () => {
  const pool = invoker();
  await pool.run(job());
  await pool.close();
  expect(moves.map(({ to }) => to)).toEqual([
    ...['starting', 'prewarmed', 'initializing', 'busy', 'ready'],
    ...['closing', 'gone'],
  ]);
});
