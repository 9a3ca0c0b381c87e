import { beforeEach, describe, expect, test } from 'bun:test';
import type { Job } from '../../../src/model/job.ts';
import type { Json, JsonObject } from '../../../src/model/json.ts';
import { messages } from '../../../src/model/messages.ts';
import { whiskError } from '../../../src/model/outcome.ts';
import { annotationsOf, RUN_MS, resultOf, TestInvocation } from '../../util/invocation.ts';

let room: TestInvocation;

/** What the conductor `guest/c` answers, call by call; after the last, its own arguments. Components echo. */
let script: Json[];

const act = ({ action, args }: Job): Json => {
  const input = JSON.parse(args) as Json;
  return action.name === 'c' ? (script.shift() ?? { params: input }) : input;
};

/** What the conductor was called with, call by call. */
const heard = () => room.calls.filter(([name]) => name === 'c').map(([, args]) => args);
const names = () => room.calls.map(([name]) => name);

beforeEach(async () => {
  room = new TestInvocation();
  room.act = act;
  script = [];
  await room.conductor('guest/c');
  for (const name of ['triple', 'increment']) await room.action(`guest/${name}`);
});

describe('a composition (ACT-06)', () => {
  test('is what its conductor says: actions, then a result', async () => {
    room.act = ({ action, args }) => {
      const { $step = 0, ...params } = JSON.parse(args) as { $step?: number; value: number };
      if (action.name === 'triple') return { value: params.value * 3 };
      if (action.name === 'increment') return { value: params.value + 1 };
      const next = ['triple', 'increment'][$step];
      return next === undefined ? { params } : { action: next, params, state: { $step: $step + 1 } };
    };
    const activation = await room.invoke('guest/c', { value: 3 });
    expect(activation.response).toEqual({ status: 'success', result: '{"value":10}' });
    expect(room.calls).toEqual([
      ['c', { value: 3 }],
      ['triple', { value: 3 }],
      ['c', { value: 9, $step: 1 }],
      ['increment', { value: 9 }],
      ['c', { value: 10, $step: 2 }],
    ]);
  });

  const ends: [string, Json, Json][] = [
    ['params', { params: { x: 1 }, state: { y: 2 } }, { x: 1 }],
    ['params that are no object, boxed', { params: 'text' }, { value: 'text' }],
    ['params that are null, boxed', { params: null }, { value: null }],
    ['all of what it says, without params', { x: 1, state: { y: 2 } }, { x: 1, state: { y: 2 } }],
    ['an array', [1, 2], [1, 2]],
    ['params with an error, in success', { params: { error: 'mine' } }, { error: 'mine' }],
  ];
  test.each(ends)('ends with %s', async (_what, says, result) => {
    script = [says];
    const activation = await room.invoke('guest/c');
    expect([activation.response.status, resultOf(activation)]).toEqual(['success', result]);
    expect(names()).toEqual(['c']);
  });

  test('ends with the error of its conductor', async () => {
    script = [{ error: 'no', action: 'triple' }];
    const activation = await room.invoke('guest/c');
    expect(activation.response).toEqual({ status: 'application error', result: '{"error":"no"}' });
    expect(names()).toEqual(['c']);
  });

  test('ends where the conductor breaks', async () => {
    room.act = () => ({
      response: whiskError('no room'),
      ...{ logs: [], start: 0, end: 0, waitMs: 0, timedOut: false },
    });
    const { response } = await room.invoke('guest/c');
    expect(response).toEqual({ status: 'whisk internal error', result: '{"error":"no room"}' });
  });

  test('tells the conductor of a component that fails: it may go on', async () => {
    script = [{ action: 'triple', params: { error: 'bad' }, state: { s: 1 } }];
    const activation = await room.invoke('guest/c');
    expect(heard()).toEqual([{}, { error: 'bad', s: 1 }]);
    expect(resultOf(activation)).toEqual({ error: 'bad', s: 1 });
    expect(activation.response.status).toBe('success');
  });

  test('gives the conductor its state over the result, boxed when it is no object, and only once', async () => {
    script = [
      { action: 'triple', params: { x: 1, y: 1 }, state: { y: 2 } },
      { action: 'triple', params: { x: 2 }, state: [3] },
      { action: 'triple', params: { x: 3 } },
    ];
    await room.invoke('guest/c');
    expect(heard()).toEqual([{}, { x: 1, y: 2 }, { x: 2, state: [3] }, { x: 3 }]);
  });

  test('calls a component without params with nothing but its own parameters', async () => {
    await room.action('guest/bound', { parameters: { p: 1 } });
    script = [{ action: 'bound' }];
    await room.invoke('guest/c', { x: 1 });
    expect(room.calls[1]).toEqual(['bound', { p: 1 }]);
  });

  test('boxes params for a component, and arrays for the conductor', async () => {
    script = [{ action: 'triple', params: 7 }, { action: 'list' }];
    await room.action('guest/list');
    room.act = (job) => (job.action.name === 'list' ? [1, 2] : act(job));
    await room.invoke('guest/c');
    expect(room.calls[1]).toEqual(['triple', { value: 7 }]);
    expect(heard()).toEqual([{}, { value: 7 }, { value: [1, 2] }]);
  });

  test('gives the conductor its own parameters below, in each call', async () => {
    await room.conductor('guest/c', { parameters: { p: 1, q: 1 } });
    script = [{ action: 'triple', params: { q: 2 } }];
    await room.invoke('guest/c', { x: 1 });
    expect(heard()).toEqual([
      { p: 1, q: 1, x: 1 },
      { p: 1, q: 2 },
    ]);
  });

  test.each([
    ['triple', 'guest/triple'],
    ['/guest/triple', 'guest/triple'],
    ['/_/triple', 'guest/triple'],
    ['tools/d', 'guest/tools/d'],
    ['/_/tools/d', 'guest/tools/d'],
    ['guest/tools/d', 'guest/tools/d'],
    ['/bob/public/d', 'bob/public/d'],
  ])('finds %s as /%s', async (action, id) => {
    await room.package('guest/tools');
    await room.package('bob/public', { publish: true });
    for (const packaged of ['guest/tools/d', 'bob/public/d']) await room.action(packaged);
    script = [{ action }];
    await room.invoke('guest/c');
    expect(room.jobs[1]?.action.id).toBe(id);
    expect(room.jobs[1]?.namespace).toBe('guest');
  });

  test('an annotation that is falsy makes no conductor, and none makes one of a sequence (PAR-08)', async () => {
    for (const conductor of [false, 0, null, '']) {
      await room.action('guest/c', { annotations: { conductor } });
      script = [{ action: 'triple' }];
      expect(resultOf(await room.invoke('guest/c'))).toEqual({ action: 'triple' });
    }
    await room.sequence('guest/s', ['guest/triple'], { annotations: { conductor: true } });
    expect(annotationsOf(await room.invoke('guest/s'))).not.toHaveProperty('conductor');
  });
});

describe('what a conductor is told when its component cannot be invoked', () => {
  const told = async (action: Json) => {
    script = [{ action, state: { kept: 1 } }];
    const activation = await room.invoke('guest/c');
    expect(names()).toEqual(['c', 'c']);
    expect(activation.logs).toHaveLength(2);
    return heard()[1];
  };

  test.each([
    ['a text of four parts', '/a/b/c/d', '"/a/b/c/d"'],
    ['a name alone with a slash', '/triple', '"/triple"'],
    ['a number', 42, '42'],
    ['null', null, 'null'],
    ['an object', { a: [1] }, '{"a":[1]}'],
  ] as [string, Json, string][])('because it is no name: %s', async (_what, action, shown) => {
    expect(await told(action)).toEqual({ error: messages.compositionComponentInvalid(shown), kept: 1 });
  });

  test('because it is not there', async () => {
    expect(await told('gone')).toEqual({ error: messages.compositionComponentNotFound('guest/gone'), kept: 1 });
  });

  test('because it is no action', async () => {
    await room.package('guest/p');
    expect(await told('p')).toEqual({ error: messages.compositionComponentNotFound('guest/p'), kept: 1 });
  });

  test("because it is another's", async () => {
    await room.action('bob/secret');
    const error = messages.compositionComponentNotAccessible('bob/secret');
    expect(await told('/bob/secret')).toEqual({ error, kept: 1 });
  });

  test('because there is no such package', async () => {
    const error = messages.compositionComponentNotAccessible('guest/none/d');
    expect(await told('none/d')).toEqual({ error, kept: 1 });
  });
});

describe('the limits of a composition (LIM-11)', () => {
  beforeEach(async () => {
    room = new TestInvocation({ sequenceLength: 2 });
    room.act = act;
    await room.conductor('guest/c');
    await room.action('guest/triple');
  });

  test('let as many components run as a sequence may have; then the conductor hears of it', async () => {
    script = [1, 2, 3].map((n) => ({ action: 'triple', params: { n } }));
    const activation = await room.invoke('guest/c');
    expect(names()).toEqual(['c', 'triple', 'c', 'triple', 'c', 'c']);
    expect(resultOf(activation)).toEqual({ error: messages.compositionTooLong });
    expect(activation.response.status).toBe('success');
  });

  test('end it when the conductor does not give up: after 2n + 1 calls', async () => {
    script = Array.from({ length: 9 }, () => ({ action: 'triple' }));
    const { response, logs } = await room.invoke('guest/c');
    expect(response).toEqual({
      status: 'application error',
      result: JSON.stringify({ error: messages.compositionTooLong }),
    });
    expect(names().filter((name) => name === 'c')).toHaveLength(5);
    expect(logs).toHaveLength(7);
  });

  test('count compositions inside with it: only their conductors and components', async () => {
    await room.conductor('guest/inner');
    script = [{ action: 'inner' }, { action: 'triple', params: { last: 1 } }];
    const inner: JsonObject[] = [{ action: 'triple' }, { done: 1 }];
    room.act = (job) => (job.action.name === 'inner' ? (inner.shift() as JsonObject) : act(job));
    const activation = await room.invoke('guest/c');
    expect(names()).toEqual(['c', 'inner', 'triple', 'inner', 'c', 'triple', 'c']);
    expect(resultOf(activation)).toEqual({ last: 1 });
  });

  test('end a composition that invokes itself', async () => {
    script = Array.from({ length: 99 }, () => ({ action: 'c' }));
    const activation = await room.invoke('guest/c');
    expect(resultOf(activation)).toEqual({ error: messages.compositionTooLong });
    expect(room.jobs).toHaveLength(5);
  });

  test('end a composition that invokes itself through a sequence', async () => {
    await room.sequence('guest/s', ['guest/c']);
    room.act = ({ args }) => ({ ...(args.includes('error') ? { params: {} } : { action: 's' }) });
    const activation = await room.invoke('guest/c');
    expect(activation.response.status).toBe('success');
    expect(room.jobs.length).toBeLessThan(10);
  });

  test('count a sequence as one component', async () => {
    await room.sequence('guest/s', ['guest/triple', 'guest/triple']);
    script = [{ action: 's' }, { action: 's', params: { last: 1 } }];
    expect(resultOf(await room.invoke('guest/c'))).toEqual({ last: 1 });
    expect(names().filter((name) => name === 'triple')).toHaveLength(4);
  });
});

describe('the records of a composition (AVN-14)', () => {
  test('are its own, with the ids of all its parts as logs', async () => {
    await room.action('guest/triple', { memory: 512 });
    script = [{ action: 'triple', params: { x: 1 } }];
    const activation = await room.invoke('guest/c', { value: 3 });
    expect(activation).toMatchObject({ name: 'c', namespace: 'guest', start: 1_700_000_000_000, duration: 3 * RUN_MS });
    expect(activation.end).toBe(activation.start + 3 * RUN_MS);
    expect(activation.cause).toBeUndefined();
    expect(activation.logs).toEqual(room.jobs.map(({ activationId }) => activationId));
    expect(activation.annotations).toEqual([
      { key: 'topmost', value: true },
      { key: 'path', value: 'guest/c' },
      { key: 'waitTime', value: 0 },
      { key: 'conductor', value: true },
      { key: 'kind', value: 'sequence' },
      { key: 'limits', value: { concurrency: 1, logs: 10, memory: 512, timeout: 60_000 } },
    ]);
    expect(room.record(activation.activationId)).toEqual(activation);
  });

  test('and those of its parts name it as their cause', async () => {
    script = [{ action: 'triple' }];
    const { activationId, logs } = await room.invoke('guest/c');
    for (const record of logs.map((id) => room.record(id))) {
      expect(record.cause).toBe(activationId);
      expect(annotationsOf(record)).toMatchObject({ causedBy: 'sequence', kind: 'nodejs:20' });
      expect(annotationsOf(record)).not.toHaveProperty('conductor');
    }
  });

  test('have only the id of a sequence or composition inside, and not those of its parts', async () => {
    await room.sequence('guest/s', ['guest/triple', 'guest/increment']);
    script = [{ action: 's' }];
    const { activationId, logs } = await room.invoke('guest/c');
    expect(logs).toHaveLength(3);
    const sequence = room.record(logs[1] as string);
    expect([sequence.name, sequence.cause, annotationsOf(sequence).topmost]).toEqual(['s', activationId, false]);
    expect(sequence.logs).toHaveLength(2);
  });
});

describe('a composition in a sequence', () => {
  test('is one of its components, with a record that names the sequence', async () => {
    await room.sequence('guest/s', ['guest/triple', 'guest/c', 'guest/increment']);
    script = [{ action: 'triple', params: { x: 1 } }];
    const sequence = await room.invoke('guest/s');
    expect(sequence.logs).toHaveLength(3);
    const composition = room.record(sequence.logs[1] as string);
    expect(composition.cause).toBe(sequence.activationId);
    expect(annotationsOf(composition)).toMatchObject({ causedBy: 'sequence', topmost: false, conductor: true });
    expect(resultOf(sequence)).toEqual({ x: 1 });
  });

  test('ends it with an error in its result, even in success', async () => {
    await room.sequence('guest/s', ['guest/c', 'guest/triple']);
    script = [{ params: { error: 'mine', more: 1 } }];
    const { response } = await room.invoke('guest/s');
    expect(response).toEqual({ status: 'success', result: '{"error":"mine","more":1}' });
    expect(names()).toEqual(['c']);
  });

  test('gets an array of the component before it boxed', async () => {
    await room.sequence('guest/s', ['guest/list', 'guest/c']);
    await room.action('guest/list');
    room.act = (job) => (job.action.name === 'list' ? [1, 2] : act(job));
    expect(resultOf(await room.invoke('guest/s'))).toEqual({ value: [1, 2] });
  });

  test('something of ours that breaks ends it, and the log has the story', async () => {
    script = [{ action: 'increment' }];
    room.act = (job) => {
      room.store.entities.get = () => Promise.reject(new Error('the disk is on fire'));
      return act(job);
    };
    const { response } = await room.invoke('guest/c');
    expect(response).toEqual({
      status: 'whisk internal error',
      result: JSON.stringify({ error: messages.compositionFailed }),
    });
    expect(room.said.map(({ text }) => text.split('\n')[0])).toEqual(['Error: the disk is on fire']);
  });
});
