import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import { Invoker } from '../../src/invoker/invoker.ts';
import { parseManifest } from '../../src/model/manifest.ts';
import { Events } from '../../src/observe/events.ts';
import { job } from '../fake/job.ts';
import { FakeProtocol } from '../fake/protocol.ts';
import { FakeSandbox } from '../fake/sandbox.ts';

/** Stem cells were evicted for a job that waited, and started again in the memory that it waited for, some thirty times a second. */

const whisklet = { protocol: 'stdio', family: 'javascript' };
const manifest = parseManifest(
  JSON.stringify({
    runtimes: {
      nodejs: [{ kind: 'nodejs:20', image: 'n', stemCells: [{ initialCount: 2, memory: '256 MB' }], whisklet }],
      python: [{ kind: 'python:3', image: 'p', whisklet: { protocol: 'stdio', family: 'python' } }],
    },
  }),
);
/** Twice what a stem cell has; two of them fill the pool. */
const limits = { timeout: 60_000, memory: 512, logs: 1, concurrency: 1 };

let sandbox: FakeSandbox;
let protocol: FakeProtocol;
let pool: Invoker;

beforeEach(async () => {
  jest.useFakeTimers();
  sandbox = new FakeSandbox();
  protocol = new FakeProtocol();
  protocol.answerAtOnce = undefined;
  pool = new Invoker({
    ...{ sandbox, events: new Events(), protocols: { stdio: protocol, http: protocol }, manifest },
    ...{ poolMemory: 1024, keepAliveMs: 600_000, pauseAfterMs: undefined, patienceMs: 100, readyMs: 10_000 },
    ...{ refillAfterMs: 20, parallelStarts: 8, stemCells: true, resultBytes: 1024 * 1024, env: {} },
  });
  await pool.start();
});

afterEach(() => void jest.useRealTimers());

async function settle(): Promise<void> {
  for (let n = 0; n < 200; n++) await Promise.resolve();
}

/** Answers what runs until nothing does. */
async function answerAll(): Promise<void> {
  for (let run = protocol.running[0]; run; run = protocol.running[0]) {
    run.answer();
    await settle();
  }
}

test('a stem cell that only lacks memory for its action is kept until what was evicted for it is gone', async () => {
  const other = pool.run(job({ id: 'guest/other' }));
  await settle();
  await answerAll();
  await other;
  // Until its stem cell is replaced, and it itself is idle.
  jest.advanceTimersByTime(1_000);
  await settle();
  expect(sandbox.living.map(({ memory }) => memory)).toEqual([256, 256, 256]);
  const ended = [1, 2, 3].map((n) => pool.run(job({ limits }, { activationId: `${n}` })));
  await settle();
  expect(protocol.running.map(({ request }) => request.activationId)).toEqual(['1', '2']);
  expect(sandbox.living.map(({ memory }) => memory)).toEqual([512, 512]);
  expect(sandbox.places.length).toBe(3);
  expect(pool.status.ends.evicted).toBe(1);
  await answerAll();
  expect((await Promise.all(ended)).map(({ response }) => response.status)).toEqual(Array(3).fill('success'));
});

test('memory that somebody waits for is not taken by new stem cells', async () => {
  const exec = { kind: 'python:3', binary: false };
  const ended = [1, 2, 3].map((n) => pool.run(job({ id: 'guest/p', exec, limits }, { activationId: `${n}` })));
  await settle();
  expect(protocol.running.map(({ request }) => request.activationId)).toEqual(['1', '2']);
  expect(sandbox.places.length).toBe(4);
  await answerAll();
  expect((await Promise.all(ended)).map(({ response }) => response.status)).toEqual(Array(3).fill('success'));
});
