import { afterEach, describe, expect, test } from 'bun:test';
import { messages } from '../../src/model/messages.ts';
import type { Place } from '../../src/model/place.ts';
import { HttpProtocol } from '../../src/protocol/http.ts';
import { listens } from '../../src/protocol/http-client.ts';
import { LogCollector } from '../../src/protocol/logs.ts';
import { type Answer, RuntimeFault, type Talk, type Unbegun } from '../../src/protocol/protocol.ts';
import { HttpPlace } from '../util/http-place.ts';
import { until } from '../util/until.ts';

const LIMIT = 1024 * 1024;
const protocol = new HttpProtocol({ resultLimit: LIMIT });
const places: Place[] = [];
afterEach(async () => {
  await Promise.all(places.splice(0).map((place) => place.destroy()));
});

/** The lines without their times. */
function texts(logs: LogCollector): string[] {
  return logs.lines.map((line) => line.slice(31));
}

async function open(env: Readonly<Record<string, string>> = {}): Promise<Talk> {
  const place = new HttpPlace(env);
  places.push(place);
  return protocol.open(place);
}

function init(talk: Talk, code: string | undefined, logs = new LogCollector(LIMIT)): Promise<Answer> {
  const env = { GREETING: 'hello', __OW_ACTION_NAME: '/guest/hi' };
  return talk.init({ activationId: 'a1', name: 'hi', main: 'main', code, binary: false, env, logs });
}

function run(talk: Talk, value: object, logs = new LogCollector(LIMIT), apiKey?: string): Promise<Answer | Unbegun> {
  return talk.run({
    activationId: 'a1',
    transactionId: 't1',
    namespace: 'guest',
    actionName: '/guest/hi',
    actionVersion: '0.0.1',
    deadline: 1_800_000_000_000,
    apiKey,
    args: JSON.stringify(value),
    logs,
  });
}

async function opened(env: Readonly<Record<string, string>> = {}): Promise<Talk> {
  const talk = await open(env);
  expect(await init(talk, 'ok')).toMatchObject({ type: 'result' });
  return talk;
}

function resultOf(answer: Answer | Unbegun): Record<string, unknown> {
  if (answer.type !== 'result') throw new Error(`it failed: ${JSON.stringify(answer)}`);
  return JSON.parse(answer.value) as Record<string, unknown>;
}

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await work, performance.now() - start];
}

describe('init (PROT-01, PROT-07)', () => {
  test('waits until the runtime listens', async () => {
    const [talk, ms] = await timed(open({ LISTEN_AFTER: '200' }));
    expect(ms).toBeGreaterThan(150);
    expect(await init(talk, 'ok')).toEqual({ type: 'result', value: '{"ok":true}' });
  });

  test('keeps what it printed, and puts its environment before the runs', async () => {
    const talk = await open();
    const logs = new LogCollector(LIMIT);
    await init(talk, 'say', logs);
    expect(texts(logs)).toEqual(['stdout: init of hi with main, false']);
    expect(resultOf(await run(talk, { do: 'echo' })).env).toBe('hello');
  });

  test('of an image that brings its code has none', async () => {
    const talk = await open();
    expect(await init(talk, undefined)).toMatchObject({ type: 'result' });
  });

  test('carries code of the greatest size', async () => {
    const talk = await open();
    expect(await init(talk, 'x'.repeat(48 * 1024 * 1024))).toMatchObject({ type: 'result' });
  });

  test.each([
    ['fail', 'Initialization has failed due to: reasons'],
    ['fail with object', { code: 7 }],
    ['fail with text', messages.invalidInit('no code here')],
  ])('that answers %j is the failure that it says', async (code, error) => {
    expect(await init(await open(), code)).toEqual({ type: 'failure', error });
  });

  test('that fails without its sentinels leaves a word that lines may be missing', async () => {
    const logs = new LogCollector(LIMIT);
    await init(await open(), 'fail with text', logs);
    expect(texts(logs)).toEqual([`stderr: ${messages.logsDeveloperError}`]);
    const complete = new LogCollector(LIMIT);
    await init(await open(), 'fail', complete);
    expect(texts(complete)).toEqual(['stderr: cannot be loaded']);
  });

  test('that ends the runtime is a fault', async () => {
    const logs = new LogCollector(LIMIT);
    const answer = init(await open(), 'exit', logs);
    await expect(answer).rejects.toBeInstanceOf(RuntimeFault);
    expect((await places[0]?.exited)?.code).toBe(3);
    expect(texts(logs)).toEqual(['stderr: gone']);
  });
});

describe('run', () => {
  test('sends what OpenWhisk sends, the deadline as text (PROT-02, TRAP-05)', async () => {
    const talk = await opened();
    const { env: _env, connection: _connection, ...request } = resultOf(await run(talk, { do: 'echo', n: 1 }));
    expect(request).toEqual({
      value: { do: 'echo', n: 1 },
      namespace: 'guest',
      action_name: '/guest/hi',
      action_version: '0.0.1',
      activation_id: 'a1',
      transaction_id: 't1',
      deadline: '1800000000000',
    });
    const withKey = resultOf(await run(talk, { do: 'echo' }, new LogCollector(LIMIT), 'uuid:key'));
    expect(withKey.api_key).toBe('uuid:key');
  });

  test('keeps one connection for all runs', async () => {
    const talk = await opened();
    const ports = new Set<unknown>();
    for (let count = 0; count < 5; count++) {
      ports.add((resultOf(await run(talk, { do: 'echo' })).connection as { port: number }).port);
    }
    expect(ports.size).toBe(1);
  });

  test.each([
    ['boom', 'An error has occurred: boom'],
    ['boom with object', { reason: 'boom' }],
    ['boom with text', messages.invalidRun('boom')],
  ])('that answers %j is the failure that it says', async (what, error) => {
    expect(await run(await opened(), { do: what })).toEqual({ type: 'failure', error });
  });

  test('passes on what is no object for the node to judge', async () => {
    const talk = await opened();
    expect(await run(talk, { do: 'text' })).toEqual({ type: 'result', value: 'not json' });
    expect(await run(talk, { do: 'array' })).toEqual({ type: 'result', value: '[1,2]' });
  });

  test('cuts a result at the limit and tells its length', async () => {
    const talk = await opened();
    const bytes = 10 * LIMIT;
    const whole = await run(talk, { do: 'large', bytes });
    expect(whole).toMatchObject({ type: 'result', size: bytes + '{"text":""}'.length });
    expect(whole.type === 'result' && whole.value.length).toBe(LIMIT);
    const streamed = await run(talk, { do: 'large stream', bytes });
    expect(streamed).toMatchObject({ type: 'result', size: bytes });
    expect(streamed.type === 'result' && streamed.value).toBe('y'.repeat(LIMIT));
    expect(resultOf(await run(talk, { do: 'sleep', ms: 0 }))).toEqual({ slept: 0 });
  });

  test.each(['shutdown', 'nothing'])('that answers %j is a fault', async (what) => {
    await expect(run(await opened(), { do: what })).rejects.toBeInstanceOf(RuntimeFault);
  });

  test('that ends the runtime is a fault, and how it ended is known by then', async () => {
    const talk = await opened();
    let exit: unknown;
    void places[0]?.exited.then((found) => {
      exit = found;
    });
    const logs = new LogCollector(LIMIT);
    await expect(run(talk, { do: 'exit' }, logs)).rejects.toThrow('it ended');
    expect(exit).toMatchObject({ code: 4 });
    expect(texts(logs)).toEqual(['stderr: going']);
  });

  test('is refused as one that was not sent when nobody listens any more, or all has ended', async () => {
    const talk = await opened();
    await run(talk, { do: 'stop listening' });
    const { address } = places[0] as HttpPlace;
    await until('nobody listens', async () => !(await listens(address)));
    await expect(run(talk, { do: 'echo' })).rejects.toMatchObject({ name: 'RuntimeFault', isUnsent: true });
    await places[0]?.destroy();
    await expect(run(talk, { do: 'echo' })).rejects.toMatchObject({ message: 'it ended', isUnsent: true });
  });

  test('is broken off when the place is destroyed', async () => {
    const talk = await opened();
    const answer = run(talk, { do: 'sleep', ms: 60_000 }).catch((error: Error) => error);
    await places[0]?.destroy();
    expect(await answer).toBeInstanceOf(RuntimeFault);
  });
});

describe('logs', () => {
  test('are complete and in order when the answer is there, without waiting (PROT-04, LOG-04)', async () => {
    const talk = await opened();
    for (let count = 0; count < 3; count++) {
      const logs = new LogCollector(LIMIT);
      await run(talk, { do: 'print' }, logs);
      const lines = texts(logs);
      expect(lines.filter((line) => line.startsWith('stdout'))).toEqual([
        'stdout: one',
        'stdout: two ☃',
        'stdout: no line end',
      ]);
      expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(['stderr: oh no']);
    }
  });

  test('are waited for when they come after the answer', async () => {
    const talk = await opened();
    const logs = new LogCollector(LIMIT);
    const [answer, ms] = await timed(run(talk, { do: 'print late' }, logs));
    expect(answer).toEqual({ type: 'result', value: '{"late":true}' });
    expect(texts(logs)).toEqual(['stdout: late']);
    expect(ms).toBeGreaterThan(50);
  });

  test('that miss the sentinels of a runtime which writes them are said to be incomplete (LOG-03)', async () => {
    const talk = await opened();
    await run(talk, { do: 'print' });
    const logs = new LogCollector(LIMIT);
    await run(talk, { do: 'print without sentinel' }, logs);
    expect(texts(logs)).toEqual(['stdout: cut off', `stderr: ${messages.logsFailed}`]);
    const next = new LogCollector(LIMIT);
    await run(talk, { do: 'print' }, next);
    expect(texts(next)).toHaveLength(4);
  });

  test('of a runtime that writes no sentinels cost a short wait once, and next to nothing later', async () => {
    const talk = await opened({ SENTINELS: 'no' });
    const first = new LogCollector(LIMIT);
    await run(talk, { do: 'print' }, first);
    expect(texts(first)).toHaveLength(4);
    let quickest = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 5; count++) {
      const logs = new LogCollector(LIMIT);
      const [, ms] = await timed(run(talk, { do: 'print' }, logs));
      expect(texts(logs)).toHaveLength(4);
      quickest = Math.min(quickest, ms);
    }
    expect(quickest).toBeLessThan(50);
  });

  test('are waited for again by a runtime that turns out to write sentinels', async () => {
    const talk = await opened();
    await run(talk, { do: 'print without sentinel' });
    await run(talk, { do: 'print' });
    const logs = new LogCollector(LIMIT);
    await run(talk, { do: 'print late' }, logs);
    expect(texts(logs)).toEqual(['stdout: late']);
  });

  test('that nobody wants are not waited for', async () => {
    const talk = await opened();
    const logs = new LogCollector(0);
    const [, ms] = await timed(run(talk, { do: 'print without sentinel' }, logs));
    expect(texts(logs)).toEqual([]);
    expect(ms).toBeLessThan(90);
  });
});

describe('concurrency', () => {
  test('is not offered unless the node allows it', async () => {
    expect((await opened()).concurrent).toBe(false);
    const place = new HttpPlace();
    places.push(place);
    const talk = await new HttpProtocol({ resultLimit: LIMIT, concurrent: true }).open(place);
    expect(talk.concurrent).toBe(true);
    await init(talk, 'ok');
    const [answers, ms] = await timed(Promise.all([1, 2, 3].map(() => run(talk, { do: 'sleep', ms: 300 }))));
    expect(answers.map(resultOf)).toEqual(Array(3).fill({ slept: 300 }));
    expect(ms).toBeLessThan(800);
  });
});

test('a place without an address cannot be talked to', async () => {
  const place = new HttpPlace();
  places.push(place);
  const { address: _address, ...rest } = { ...place, exited: place.exited };
  await expect(protocol.open(rest as unknown as Place)).rejects.toBeInstanceOf(RuntimeFault);
});
