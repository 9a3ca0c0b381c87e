import { afterEach, describe, expect, test } from 'bun:test';
import type { JobTrace } from '../../src/model/job.ts';
import type { Place } from '../../src/model/place.ts';
import { LogCollector } from '../../src/protocol/logs.ts';
import { type Answer, type Protocol, RuntimeFault, type Talk, type Unbegun } from '../../src/protocol/protocol.ts';

/**
 * What every protocol does. The subject starts places with runtimes that do what the fixtures in
 * `test/fixture/runtime` do: `tiny` is right, the others fail in the way that they are named after.
 */
export interface Subject {
  readonly protocol: Protocol;
  /** A place with the runtime `name`, which fails when `when` says. */
  place(name: 'tiny' | 'crash' | 'hang' | 'garbage', when?: 'start' | 'init' | 'run' | 'between'): Place;
}

const LIMIT = 1024 * 1024;

export interface Asked {
  readonly answer: Promise<Answer | Unbegun>;
  readonly logs: LogCollector;
}

export function init(talk: Talk, code = 'code', limit = LIMIT): Asked {
  const logs = new LogCollector(limit);
  const env = { __OW_ACTION_NAME: '/guest/hello', SOME: 'value' };
  const request = { activationId: 'i', name: 'hello', main: 'main', code, binary: false, env, logs };
  return { answer: talk.init(request), logs };
}

export function run(talk: Talk, value: unknown = {}, id = 'a', limit = LIMIT, trace?: JobTrace): Asked {
  const logs = new LogCollector(limit);
  const request = {
    activationId: id,
    transactionId: 't',
    namespace: 'guest',
    actionName: '/guest/hello',
    actionVersion: '0.0.1',
    deadline: 1795430526881,
    apiKey: 'uuid:key',
    args: JSON.stringify(value),
    trace,
    logs,
  };
  return { answer: talk.run(request), logs };
}

/** The lines without their times. */
export function texts(logs: LogCollector): string[] {
  return logs.lines.map((line) => line.slice(31));
}

export async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RuntimeFault);
  return (error as RuntimeFault).message;
}

export function testProtocol(name: string, { protocol, place: start }: Subject): void {
  const places: Place[] = [];
  const place: Subject['place'] = (...parameters) => {
    const started = start(...parameters);
    places.push(started);
    return started;
  };
  afterEach(async () => {
    await Promise.all(places.splice(0).map((each) => each.destroy()));
  });
  const opened = async (...parameters: Parameters<Subject['place']>) => {
    const talk = await protocol.open(place(...parameters));
    expect(await init(talk).answer).toMatchObject({ type: 'result' });
    return talk;
  };

  describe(`${name}: a talk`, () => {
    test('opens, gives the code and runs it', async () => {
      const talk = await opened('tiny');
      const { answer, logs } = run(talk, { a: '☃' });
      const result = await answer;
      if (result.type !== 'result') throw new Error('it failed');
      expect(JSON.parse(result.value)).toMatchObject({
        value: { a: '☃' },
        init: { name: 'hello', main: 'main', code: 'code', env: { SOME: 'value' } },
        env: { __OW_ACTIVATION_ID: 'a', __OW_TRANSACTION_ID: 't', __OW_API_KEY: 'uuid:key' },
      });
      expect(texts(logs)).toEqual(['stdout: run out', 'stderr: run err ☃']);
    });

    test('tells of the trace that a run is part of, and takes it back', async () => {
      const talk = await opened('tiny');
      const envOf = async (id: string, trace?: JobTrace) => {
        const result = await run(talk, {}, id, LIMIT, trace).answer;
        if (result.type !== 'result') throw new Error('it failed');
        return (JSON.parse(result.value) as { env: Record<string, string> }).env;
      };
      const untraced = await envOf('a1');
      expect(Object.keys(untraced).filter((name) => name.includes('TRACE'))).toEqual([]);
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const told = { __OW_TRACEPARENT: traceparent, __OW_TRACESTATE: 'a=1' };
      expect(await envOf('a2', { traceparent, tracestate: 'a=1' })).toMatchObject(told);
      expect(await envOf('a3')).toMatchObject({ __OW_TRACEPARENT: '', __OW_TRACESTATE: '' });
    });

    test('gives the lines of init to init', async () => {
      const talk = await protocol.open(place('tiny'));
      const { answer, logs } = init(talk);
      await answer;
      expect(texts(logs)).toEqual(['stdout: init out', 'stderr: init err ☃']);
    });

    test('tells failures of init and of run apart from faults', async () => {
      const talk = await protocol.open(place('tiny'));
      expect(await init(talk, 'bad').answer).toEqual({ type: 'failure', error: 'bad code' });
      expect(await run(await opened('tiny'), { fail: 'it failed' }).answer).toEqual({
        type: 'failure',
        error: 'it failed',
      });
    });

    test('runs again and again', async () => {
      const talk = await opened('tiny');
      for (let n = 0; n < 50; n += 1) {
        expect(await run(talk, { n }, `a${n}`).answer).toMatchObject({ type: 'result' });
      }
    });
  });

  describe(`${name}: a runtime that dies`, () => {
    test('before it is ready', async () => {
      expect(await faultOf(protocol.open(place('crash', 'start')))).toContain('crashed at start');
    });

    test('in init', async () => {
      const talk = await protocol.open(place('crash', 'init'));
      await faultOf(init(talk).answer);
    });

    test('in a run: what it printed is there', async () => {
      const talk = await opened('crash', 'run');
      const { answer, logs } = run(talk);
      await faultOf(answer);
      expect(texts(logs)).toEqual(['stdout: before the crash']);
    });

    test('between runs: the next one fails at once, and can be asked of another', async () => {
      const crashing = place('crash', 'between');
      const talk = await protocol.open(crashing);
      await init(talk).answer;
      expect(await run(talk).answer).toMatchObject({ type: 'result' });
      await crashing.exited;
      await expect(run(talk, {}, 'b').answer).rejects.toMatchObject({ name: 'RuntimeFault', isUnsent: true });
    });

    test('because it is destroyed while it is silent', async () => {
      for (const when of ['init', 'run'] as const) {
        const silent = place('hang', when);
        const talk = await protocol.open(silent);
        const asked = init(talk);
        if (when === 'run') await asked.answer;
        const fault = faultOf((when === 'run' ? run(talk) : asked).answer);
        await silent.destroy();
        await fault;
      }
      const silent = place('hang', 'start');
      const opening = faultOf(protocol.open(silent));
      await silent.destroy();
      await opening;
    });
  });

  describe(`${name}: a runtime that sends garbage`, () => {
    test('is at fault, before it is ready and in a run', async () => {
      await faultOf(protocol.open(place('garbage', 'start')));
      const talk = await opened('garbage', 'run');
      await faultOf(run(talk).answer);
    });
  });
}
