import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { Invoker } from '../../../src/invoker/invoker.ts';
import { parseManifest } from '../../../src/model/manifest.ts';
import { messages } from '../../../src/model/messages.ts';
import type { Status } from '../../../src/model/outcome.ts';
import { Events } from '../../../src/observe/events.ts';
import { job } from '../../fake/job.ts';
import { FakeProtocol, type PendingRun } from '../../fake/protocol.ts';
import { FakeSandbox } from '../../fake/sandbox.ts';

const manifest = parseManifest(
  JSON.stringify({
    runtimes: {
      nodejs: [{ kind: 'nodejs:20', default: true, image: 'n', whisklet: { protocol: 'stdio', family: 'javascript' } }],
    },
  }),
);

let sandbox: FakeSandbox;
let protocol: FakeProtocol;
let pool: Invoker;

async function settle(): Promise<void> {
  for (let n = 0; n < 50; n++) await Promise.resolve();
}

/** A pool with one container whose runs are known to be short; what is asked of it from now on waits for its answer. */
async function warmedUp(tookUs = 20, poolMemory = 1024, takesAhead = true): Promise<void> {
  protocol.takesAhead = takesAhead;
  protocol.answerAtOnce = { type: 'result', value: '{}', tookUs };
  pool = new Invoker({
    ...{ sandbox, events: new Events(), protocols: { stdio: protocol, http: protocol }, manifest },
    ...{ poolMemory, keepAliveMs: 600_000, pauseAfterMs: undefined, patienceMs: 100, readyMs: 10_000 },
    ...{ refillAfterMs: 20, parallelStarts: 8, stemCells: true, resultBytes: 1024 * 1024, env: {} },
  });
  for (let n = 0; n < 500; n++) await pool.run(job());
  protocol.answerAtOnce = undefined;
}

/** So many calls at once; the statuses or what refused them, when they have ended. */
function calls(count: number): Promise<string[]> {
  const ended = Array.from({ length: count }, (_, n) =>
    pool.run(job({}, { activationId: `${n}` })).then(
      ({ response }) => response.status,
      (error: Error) => error.message,
    ),
  );
  return Promise.all(ended);
}

const idsOf = (runs: readonly PendingRun[]) => runs.map(({ request }) => request.activationId);
const success = (count: number) => Array<Status>(count).fill('success');
/** Answers what runs until nothing does. */
async function answerAll(): Promise<void> {
  for (let run = protocol.running[0]; run; run = protocol.running[0]) {
    run.answer();
    await settle();
  }
}

beforeEach(() => {
  jest.useFakeTimers();
  sandbox = new FakeSandbox();
  protocol = new FakeProtocol();
});
afterEach(() => void jest.useRealTimers());

describe('calls of an action whose runs are short', () => {
  test('share its container, and are begun one after the other', async () => {
    await warmedUp();
    const started: string[] = [];
    const watcher = { started: (id: string) => started.push(id), logged: () => undefined };
    const ended = ['a', 'b', 'c'].map((activationId) => pool.run(job({}, { activationId, watcher })));
    await settle();
    expect(idsOf(protocol.running)).toEqual(['a', 'b', 'c']);
    expect(protocol.running.map(({ request }) => request.isAhead ?? false)).toEqual([false, true, true]);
    expect(started).toEqual(['a']);
    protocol.running[0]?.answer();
    await settle();
    expect(started).toEqual(['a', 'b']);
    await answerAll();
    expect((await Promise.all(ended)).map(({ response }) => response.status)).toEqual(success(3));
    expect(sandbox.places.length).toBe(1);
    expect(pool.status).toMatchObject({ active: 0, waits: 1 });
  });

  test('take another container when the first has as many as it will soon be done with', async () => {
    await warmedUp(70);
    const ended = calls(4);
    await settle();
    expect(protocol.talks.map(({ running }) => idsOf(running))).toEqual([['0', '1', '2'], ['3']]);
    await answerAll();
    expect<string[]>(await ended).toEqual(success(4));
  });

  test.each([
    ['runs are long', 1_000, true],
    ['the runtime does not take them ahead', 20, false],
  ])('have a container each where %s', async (_why, tookUs, takesAhead) => {
    await warmedUp(tookUs, 1024, takesAhead);
    const ended = calls(2);
    await settle();
    expect(protocol.talks.map(({ running }) => idsOf(running))).toEqual([['0'], ['1']]);
    await answerAll();
    await ended;
  });

  test('each have the whole of their time from their own beginning', async () => {
    await warmedUp();
    const limits = { timeout: 1000, memory: 256, logs: 1, concurrency: 1 };
    const first = pool.run(job({ limits }, { activationId: 'a' }));
    const second = pool.run(job({ limits }, { activationId: 'b' }));
    await settle();
    jest.advanceTimersByTime(9);
    protocol.running[0]?.answer();
    await settle();
    jest.advanceTimersByTime(995);
    protocol.running[0]?.answer();
    expect([(await first).response.status, (await second).response.status]).toEqual(success(2));
  });
});

describe('what was sent ahead is run by another container', () => {
  test('when the run before it takes long', async () => {
    await warmedUp();
    const ended = calls(3);
    await settle();
    jest.advanceTimersByTime(10);
    await settle();
    expect(protocol.talks.map(({ running }) => idsOf(running))).toEqual([['0'], ['1'], ['2']]);
    await answerAll();
    expect<string[]>(await ended).toEqual(success(3));
  });

  test.each([
    ['fails', (run: PendingRun) => run.answer({ type: 'failure', error: 'boom' }), 'action developer error'],
    ['ends the runtime', () => sandbox.places[0]?.die(), 'action developer error'],
    ['runs out of time', () => jest.advanceTimersByTime(60_000), 'action developer error'],
  ])('when the run before it %s', async (_what, end, status) => {
    await warmedUp();
    const [talk] = protocol.talks;
    if (talk) talk.givesBack = false;
    const ended = calls(3);
    await settle();
    end(protocol.running[0] as PendingRun);
    await settle();
    expect(idsOf(protocol.talks.slice(1).flatMap(({ running }) => running))).toEqual(['1', '2']);
    for (const { running } of protocol.talks.slice(1)) for (const run of [...running]) run.answer();
    expect(await ended).toEqual([status, ...success(2)]);
    await settle();
    expect(pool.status.active).toBe(0);
  });

  test('and what was begun when the runtime ended is not run again', async () => {
    await warmedUp();
    const ended = calls(3);
    await settle();
    protocol.running[0]?.answer();
    await settle();
    sandbox.places[0]?.die();
    await settle();
    expect(idsOf(protocol.talks.slice(1).flatMap(({ running }) => running))).toEqual(['2']);
    for (const run of [...(protocol.talks[1]?.running ?? [])]) run.answer();
    expect(await ended).toEqual(['success', 'action developer error', 'success']);
  });

  test('with what its action is now, when it was changed', async () => {
    await warmedUp();
    const ended = calls(2);
    await settle();
    const { action } = job({ rev: '2-b' });
    pool.retire(action.id, action);
    await settle();
    expect(protocol.talks.map(({ running }) => idsOf(running))).toEqual([['0'], ['1']]);
    await answerAll();
    expect<string[]>(await ended).toEqual(success(2));
    expect(pool.status.ends.changed).toBe(1);
  });

  test('and a runtime that has nothing of it is not asked for it when its action changes', async () => {
    await warmedUp();
    const ended = calls(1);
    await settle();
    const { action } = job({ rev: '2-b' });
    pool.retire(action.id, action);
    expect(protocol.talks.map(({ recalls }) => recalls)).toEqual([0]);
    await answerAll();
    expect<string[]>(await ended).toEqual(success(1));
  });

  test('or refused, when the node stops', async () => {
    await warmedUp();
    const ended = calls(2);
    await settle();
    await pool.close();
    expect(await ended).toEqual(['action developer error', messages.draining]);
  });
});

test('nothing is sent ahead while another action waits for memory: the container is given up for it in time', async () => {
  await warmedUp(20, 256);
  const first = pool.run(job({}, { activationId: 'a' }));
  const other = pool.run(job({ id: 'guest/b' }, { activationId: 'other', namespace: 'other' }));
  jest.advanceTimersByTime(1);
  const second = pool.run(job({}, { activationId: 'b' }));
  await settle();
  expect(idsOf(protocol.running)).toEqual(['a']);
  jest.advanceTimersByTime(101);
  protocol.running[0]?.answer();
  await settle();
  expect(idsOf(protocol.running)).toEqual(['other']);
  await answerAll();
  await answerAll();
  const outcomes = await Promise.all([first, other, second]);
  expect(outcomes.map(({ response }) => response.status)).toEqual(success(3));
});
