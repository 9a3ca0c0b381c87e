import { beforeEach, describe, expect, test } from 'bun:test';
import { messages } from '../../../src/model/messages.ts';
import { whiskError } from '../../../src/model/outcome.ts';
import { annotationsOf, identity, RUN_MS, resultOf, TestInvocation } from '../../util/invocation.ts';

let room: TestInvocation;

beforeEach(async () => {
  room = new TestInvocation();
  for (const name of ['a', 'b', 'c']) await room.action(`guest/${name}`);
});

describe('a sequence (ACT-05)', () => {
  test('calls each component with the result of the one before it', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b', 'guest/c']);
    room.act = ({ action, args }) => ({ ...JSON.parse(args), [action.name]: true });
    const activation = await room.invoke('guest/s', { x: 1 });
    expect(room.calls).toEqual([
      ['a', { x: 1 }],
      ['b', { x: 1, a: true }],
      ['c', { x: 1, a: true, b: true }],
    ]);
    expect(resultOf(activation)).toEqual({ x: 1, a: true, b: true, c: true });
    expect(activation.response.status).toBe('success');
  });

  test('hands arrays on as they are', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    await room.action('guest/b', { parameters: { p: 1 } });
    room.act = ({ action }) => (action.name === 'a' ? [1, { two: 2 }] : [3]);
    expect(resultOf(await room.invoke('guest/s'))).toEqual([3]);
    expect(room.calls[1]).toEqual(['b', [1, { two: 2 }]]);
  });

  test('does not serialize again what components without parameters answer', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    const result = '{ "big": 12345678901234567890 }';
    room.act = () => ({
      response: { status: 'success', result },
      ...{ logs: [], start: 0, end: 0, waitMs: 0, timedOut: false },
    });
    expect((await room.invoke('guest/s')).response.result).toBe(result);
    expect(room.jobs[1]?.args).toBe(result);
  });

  test('gives each component its own parameters below what comes before it, and ignores those of its own (PAR-15)', async () => {
    await room.package('guest/tools', { parameters: { where: 'package', who: 'package' } });
    await room.action('guest/tools/d', { parameters: { who: 'action' } });
    await room.sequence('guest/tools/s', ['guest/a', 'guest/tools/d'], { parameters: { _actions: ['x'] } });
    room.act = ({ action, args }) => (action.name === 'a' ? { where: 'a' } : JSON.parse(args));
    await room.invoke('guest/tools/s', { x: 1 });
    expect(room.calls).toEqual([
      ['a', { x: 1 }],
      ['d', { where: 'a', who: 'action' }],
    ]);
  });

  test('does not let a result override final parameters, and does not fail for it', async () => {
    await room.action('guest/b', { parameters: { host: 'right', open: 1 }, annotations: { final: true } });
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    await room.invoke('guest/s', { host: 'wrong', more: 2 });
    expect(room.calls[1]).toEqual(['b', { host: 'right', open: 1, more: 2 }]);
  });

  test('may begin with a payload that has an error', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    room.act = () => ({ fine: true });
    expect(resultOf(await room.invoke('guest/s', { error: 'given' }))).toEqual({ fine: true });
  });

  test('stops at the first result with an error, and answers it', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b', 'guest/c']);
    room.act = ({ action }) => (action.name === 'b' ? { error: { code: 7 }, more: 1 } : { ok: 1 });
    const activation = await room.invoke('guest/s');
    expect(room.calls.map(([name]) => name)).toEqual(['a', 'b']);
    expect(activation.response).toEqual({ status: 'application error', result: '{"error":{"code":7}}', size: 29 });
    expect(activation.logs).toHaveLength(2);
  });

  test('stops where we break, and says whose fault it is', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    room.act = () => ({ ...ended, response: whiskError('no room') });
    const activation = await room.invoke('guest/s');
    expect(activation.response).toEqual({ status: 'whisk internal error', result: '{"error":"no room"}' });
    expect(room.jobs).toHaveLength(1);
  });

  test('charges nothing for its components, but counts each while it runs', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    const guest = identity('guest', { invocationsPerMinute: 0, concurrentInvocations: 1 });
    const inFlight: string[] = [];
    room.act = () => {
      inFlight.push(refusalOf(() => room.throttle.invocation({ ...guest, limits: { concurrentInvocations: 1 } })));
      return {};
    };
    expect((await room.invoke('guest/s', {}, guest)).response.status).toBe('success');
    expect(inFlight).toEqual([1, 2].map(() => messages.tooManyConcurrentRequests(1, 1)));
    expect(refusalOf(() => room.throttle.invocation({ ...guest, limits: { concurrentInvocations: 1 } }))).toBe('');
  });

  test('gives its id at once', async () => {
    await room.sequence('guest/s', ['guest/a']);
    const gate = Promise.withResolvers<void>();
    room.act = () => gate.promise.then(() => ({}));
    const { activationId, activation } = await room.begin('guest/s');
    expect(activationId).toMatch(/^[0-9a-f]{32}$/);
    gate.resolve();
    expect((await activation).activationId).toBe(activationId);
  });
});

describe('the records of a sequence (AVN-05, AVN-14)', () => {
  test('are its own, with the ids of its components as logs, the sum of their durations, the most memory', async () => {
    await room.action('guest/b', { memory: 512 });
    await room.sequence('guest/s', ['guest/a', 'guest/b', 'guest/c']);
    const activation = await room.invoke('guest/s', { x: 1 });
    expect(activation).toEqual({
      activationId: expect.stringMatching(/^[0-9a-f]{32}$/),
      namespace: 'guest',
      name: 's',
      version: '0.0.1',
      subject: 'guest-subject',
      start: 1_700_000_000_000,
      end: 1_700_000_000_000 + 3 * RUN_MS,
      duration: 3 * RUN_MS,
      response: { status: 'success', result: '{"x":1}', size: 7 },
      logs: room.jobs.map(({ activationId }) => activationId),
      annotations: [
        { key: 'topmost', value: true },
        { key: 'path', value: 'guest/s' },
        { key: 'waitTime', value: 0 },
        { key: 'kind', value: 'sequence' },
        { key: 'limits', value: { concurrency: 1, logs: 10, memory: 512, timeout: 60_000 } },
      ],
    });
    expect(room.record(activation.activationId)).toEqual(activation);
  });

  test('and those of the components, which name it', async () => {
    await room.sequence('guest/s', ['guest/a']);
    const { activationId, logs } = await room.invoke('guest/s');
    const component = room.record(logs[0] as string);
    expect(component.cause).toBe(activationId);
    expect(component.logs).toEqual(['a line']);
    expect(component.annotations).toEqual([
      { key: 'causedBy', value: 'sequence' },
      { key: 'path', value: 'guest/a' },
      { key: 'waitTime', value: 1 },
      { key: 'kind', value: 'nodejs:20' },
      { key: 'timeout', value: false },
      { key: 'limits', value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
    ]);
  });

  test('of a sequence inside another one name the outer one; only the outermost is topmost', async () => {
    await room.sequence('guest/inner', ['guest/a', 'guest/b']);
    await room.sequence('guest/outer', ['guest/inner', 'guest/c']);
    const outer = await room.invoke('guest/outer');
    const [inner, last] = outer.logs.map((id) => room.record(id));
    expect([inner?.name, inner?.cause, last?.name, last?.cause]).toEqual([
      'inner',
      outer.activationId,
      'c',
      outer.activationId,
    ]);
    expect(inner?.annotations.slice(0, 2)).toEqual([
      { key: 'causedBy', value: 'sequence' },
      { key: 'topmost', value: false },
    ]);
    expect(inner?.logs.map((id) => room.record(id).cause)).toEqual([inner?.activationId, inner?.activationId]);
    expect([outer.duration, inner?.duration]).toEqual([3 * RUN_MS, 2 * RUN_MS]);
    expect(outer.cause).toBeUndefined();
  });

  test('say through which binding it was reached', async () => {
    await room.package('bob/tools', { publish: true });
    await room.package('guest/bound', { binding: 'bob/tools' });
    await room.action('bob/tools/d');
    await room.sequence('bob/tools/s', ['bob/tools/d', 'guest/bound/d']);
    const activation = await room.invoke('guest/bound/s');
    expect(annotationsOf(activation)).toMatchObject({ binding: 'guest/bound', path: 'bob/tools/s' });
    expect(activation.namespace).toBe('guest');
    const bindings = activation.logs.map((id) => annotationsOf(room.record(id)).binding);
    expect(bindings).toEqual([undefined, 'guest/bound']);
  });

  test('have no limits when nothing ran', async () => {
    await room.sequence('guest/s', ['guest/gone']);
    expect(annotationsOf(await room.invoke('guest/s'))).toEqual({
      topmost: true,
      path: 'guest/s',
      waitTime: 0,
      kind: 'sequence',
    });
  });

  test('are told to those who count activations', async () => {
    await room.sequence('guest/s', ['guest/a']);
    const { activationId } = await room.invoke('guest/s');
    expect(room.ended).toEqual([
      expect.objectContaining({ activationId, kind: 'sequence', action: 'guest/s', memory: 256, durationMs: RUN_MS }),
    ]);
  });

  test('are not kept for a namespace that wants none (AVN-10)', async () => {
    await room.sequence('guest/s', ['guest/a']);
    await room.invoke('guest/s', {}, identity('guest', { storeActivations: false }));
    expect(room.store.activations.records.size).toBe(0);
  });
});

describe('a sequence that cannot go on', () => {
  const outcomeOf = async (path: string, who = identity()) => {
    const { response, logs } = await room.invoke(path, {}, who);
    return [response.status, JSON.parse(response.result).error, logs.length];
  };

  test('because a component was deleted, or its package', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/gone']);
    await room.sequence('guest/t', ['guest/a', 'guest/nowhere/gone']);
    const gone = ['application error', messages.sequenceComponentNotFound, 1];
    expect([await outcomeOf('guest/s'), await outcomeOf('guest/t')]).toEqual([gone, gone]);
  });

  test('because the caller may not invoke a component of a sequence inside', async () => {
    await room.package('bob/tools', { publish: true });
    await room.action('bob/secret');
    await room.sequence('bob/tools/inner', ['bob/secret']);
    await room.sequence('guest/s', ['bob/tools/inner']);
    const sentence = messages.notAuthorizedTo('bob/secret');
    expect(await outcomeOf('guest/s')).toEqual(['application error', sentence, 1]);
    expect(room.jobs).toEqual([]);
  });

  test('because a component is no action any more', async () => {
    await room.package('guest/p');
    await room.sequence('guest/s', ['guest/p']);
    expect(await outcomeOf('guest/s')).toEqual(['application error', messages.conformance, 0]);
  });

  test('because it grew too long, with all that is in it (LIM-11)', async () => {
    room = new TestInvocation({ sequenceLength: 3 });
    await room.action('guest/a');
    await room.sequence('guest/two', ['guest/a', 'guest/a']);
    await room.sequence('guest/three', ['guest/two', 'guest/a']);
    await room.sequence('guest/four', ['guest/two', 'guest/two']);
    expect((await room.invoke('guest/three')).response.status).toBe('success');
    room.jobs.length = 0;
    const four = await room.invoke('guest/four');
    expect(resultOf(four)).toEqual({ error: messages.sequenceTooLong });
    expect(room.jobs).toHaveLength(3);
  });

  test('because it came to contain itself: it ends, though no check at its creation saw it', async () => {
    await room.sequence('guest/s', ['guest/t']);
    await room.sequence('guest/t', ['guest/s']);
    expect(await outcomeOf('guest/s')).toEqual(['application error', messages.sequenceTooLong, 1]);
  });

  test('because something of ours broke: the log has the story', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/new']);
    room.act = () => {
      room.store.entities.get = () => Promise.reject(new Error('the disk is on fire'));
      return {};
    };
    expect(await outcomeOf('guest/s')).toEqual(['whisk internal error', messages.sequenceFailed, 1]);
    expect(room.said.map(({ level, text, transactionId }) => [level, text.split('\n')[0], transactionId])).toEqual([
      ['error', 'Error: the disk is on fire', 'tid'],
    ]);
  });
});

describe('before a sequence begins', () => {
  const permit = async (path: string, who = identity()) => {
    const [namespace, name] = path.split('/') as [string, string];
    const resolved = await room.entities.resolve({ namespace, name });
    return room.invocation.permit(who, resolved);
  };

  test('it is refused when the caller may not invoke all components', async () => {
    await room.action('bob/secret');
    await room.sequence('guest/s', ['guest/a', 'bob/secret']);
    await expect(permit('guest/s') as Promise<void>).rejects.toThrow(messages.notAuthorizedTo('bob/secret'));
  });

  test('it is permitted when he may, and other actions need no look', async () => {
    await room.sequence('guest/s', ['guest/a']);
    expect(await permit('guest/s')).toBeUndefined();
    const resolved = await room.entities.resolve({ namespace: 'guest', name: 'a' });
    expect(room.invocation.permit(identity('bob'), resolved)).toBeUndefined();
  });
});

const ended = { logs: [], start: 0, end: 0, waitMs: 0, timedOut: false };

function refusalOf(call: () => void): string {
  try {
    call();
    return '';
  } catch (refusal) {
    return (refusal as Error).message;
  }
}
