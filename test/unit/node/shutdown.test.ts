import { expect, test } from 'bun:test';
import { Shutdown, type ShutdownParts } from '../../../src/node/shutdown.ts';

/** Parts that note what is asked of them; what is named in `slow` ends only when that promise does. */
function partsOf(shutdown: Shutdown, slow: Partial<Record<string, Promise<void>>> = {}) {
  const steps: string[] = [];
  const step = (name: string) => async () => {
    steps.push(`${name}${shutdown.isDraining ? '' : ', still serving'}`);
    await slow[name];
  };
  const parts: ShutdownParts = {
    cluster: { drain: step('leave the cluster'), close: step('close the cluster') },
    invocation: { drain: step('drain invocations') },
    invoker: { drain: step('drain the pool'), close: step('close the pool') },
    sandbox: { close: step('close the sandbox') },
    doors: { close: step('close the doors') },
    rest: { [Symbol.asyncDispose]: step('close the rest') },
  };
  return { steps, parts };
}

const never = new Promise<never>(() => undefined);
const ALL = [
  'leave the cluster, still serving',
  'drain invocations',
  'drain the pool',
  'close the cluster',
  'close the doors',
  'close the pool',
  'close the sandbox',
  'close the rest',
];

test('a node leaves its cluster first, and closes its doors when nothing runs any more, its stores last', async () => {
  const shutdown = new Shutdown();
  const { steps, parts } = partsOf(shutdown);
  expect([shutdown.isLeaving, shutdown.isDraining]).toEqual([false, false]);
  const ended = shutdown.run(parts, { delayMs: 0, drainMs: 1000 });
  expect(shutdown.isLeaving).toBe(true);
  await ended;
  expect(steps).toEqual(ALL);
});

test('it ends once, however often it is told to', async () => {
  const shutdown = new Shutdown();
  const { steps, parts } = partsOf(shutdown);
  const times = { delayMs: 0, drainMs: 0 };
  await Promise.all([shutdown.run(parts, times), shutdown.run(parts, times)]);
  await shutdown.run(parts, times);
  expect(steps).toEqual(ALL);
});

test('it waits for nothing that runs when it is told to hurry', async () => {
  const shutdown = new Shutdown();
  const slow = { 'leave the cluster': never, 'drain invocations': never, 'drain the pool': never };
  const { steps, parts } = partsOf(shutdown, { ...slow, 'close the cluster': never });
  const ended = shutdown.run(parts, { delayMs: 1_000_000, drainMs: 1_000_000 });
  expect([shutdown.isLeaving, shutdown.isDraining]).toEqual([true, false]);
  shutdown.hurry();
  await ended;
  expect(steps).toEqual(ALL);
});
