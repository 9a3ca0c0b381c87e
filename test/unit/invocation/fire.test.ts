import { beforeEach, describe, expect, test } from 'bun:test';
import type { Trigger } from '../../../src/model/entities.ts';
import type { Identity } from '../../../src/model/identity.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { messages } from '../../../src/model/messages.ts';
import { refuse } from '../../../src/model/refusal.ts';
import { identity, payloadOf, rule, TestInvocation } from '../../util/invocation.ts';

let room: TestInvocation;

beforeEach(async () => {
  room = new TestInvocation();
  for (const name of ['a', 'b']) await room.action(`guest/${name}`);
});

const accept = (trigger: Trigger, payload: JsonObject = {}, who: Identity = identity(), headers = {}) =>
  room.invocation.fire(who, trigger, payloadOf(payload), headers, 'tid');

/** The record of a fire, which is there when all its rules have begun. */
async function fire(...args: Parameters<typeof accept>) {
  const activationId = await accept(...args);
  if (!activationId) throw new Error('nothing was fired');
  await room.invocation.drain(1_000);
  return room.record(activationId);
}

describe('a fire (TRG-01…03)', () => {
  test('of a trigger without an active rule is nothing at all', async () => {
    expect(await accept(room.trigger({}))).toBeUndefined();
    expect(await accept(room.trigger({ 'guest/r': rule('guest/a', 'inactive') }))).toBeUndefined();
    const { rules: _none, ...bare } = room.trigger({});
    expect(await accept(bare)).toBeUndefined();
    expect(room.store.activations.records.size).toBe(0);
  });

  test('begins the action of each active rule, with parameters, headers and payload', async () => {
    const trigger = room.trigger({ 'guest/r1': rule('guest/a'), 'guest/r2': rule('guest/b') }, { t: 1, x: 0 });
    await fire(trigger, { x: 2 }, identity(), { 'user-agent': 'curl' });
    const event = { t: 1, x: 2, __ow_headers: { 'user-agent': 'curl' } };
    expect(room.calls).toEqual([
      ['a', event],
      ['b', event],
    ]);
  });

  test('is recorded without an end, with the payload as its result and a line for each rule (AVN-08)', async () => {
    const trigger = room.trigger(
      { 'guest/on': rule('guest/a'), 'guest/off': rule('guest/b', 'inactive'), 'guest/dangling': rule('guest/gone') },
      { t: 1 },
    );
    const activation = await fire(trigger, { z: 1 });
    expect(activation).toEqual({
      activationId: expect.stringMatching(/^[0-9a-f]{32}$/),
      namespace: 'guest',
      name: 'morning',
      version: '0.0.1',
      subject: 'guest-subject',
      start: 1_700_000_000_000,
      end: 0,
      response: { status: 'success', result: '{"z":1}' },
      logs: [
        `{"statusCode":0,"success":true,"activationId":"${room.jobs[0]?.activationId}","rule":"guest/on","action":"guest/a"}`,
        '{"statusCode":1,"success":false,"rule":"guest/off","error":"Rule \'guest/off\' is inactive, action \'guest/b\' was not activated.","action":"guest/b"}',
        '{"statusCode":1,"success":false,"rule":"guest/dangling","error":"The requested resource does not exist.","action":"guest/gone"}',
      ],
      annotations: [],
    });
    expect(room.record(activation.activationId)).toEqual(activation);
    expect(room.record(room.jobs[0]?.activationId as string).cause).toBeUndefined();
  });

  test('gives its id at once, and does not wait for the actions', async () => {
    const never = new Promise<never>(() => undefined);
    room.act = () => never;
    const activationId = (await accept(room.trigger({ 'guest/r': rule('guest/a') }))) as string;
    expect(room.jobs).toEqual([]);
    expect(room.live.pending('guest', activationId)).toMatchObject({ name: 'morning', state: 'waiting' });
    await room.invocation.drain(1_000);
    expect(room.record(activationId).logs).toHaveLength(1);
    expect(room.jobs).toHaveLength(1);
  });

  test('begins sequences, compositions and actions behind bindings', async () => {
    await room.package('bob/tools', { publish: true, parameters: { p: 1 } });
    await room.action('bob/tools/d');
    await room.package('guest/bound', { binding: 'bob/tools' });
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    await room.conductor('guest/c');
    const trigger = room.trigger({
      'guest/r1': rule('guest/s'),
      'guest/r2': rule('guest/bound/d'),
      'guest/r3': rule('guest/c'),
    });
    const { logs } = await fire(trigger);
    await room.invocation.drain(1_000);
    const names = logs.map((line) => room.record(JSON.parse(line).activationId).name);
    expect(names).toEqual(['s', 'd', 'c']);
    expect(room.jobs.find(({ action }) => action.name === 'd')?.action.id).toBe('bob/tools/d');
  });
});

describe('a rule that cannot do its part', () => {
  const lineOf = async (action: string, who?: Identity, payload?: JsonObject) => {
    const { logs } = await fire(room.trigger({ 'guest/r': rule(action) }), payload, who);
    const { statusCode, error } = JSON.parse(logs[0] as string);
    return [statusCode, error];
  };

  test('because its action is not permitted', async () => {
    await room.action('bob/secret');
    expect(await lineOf('bob/secret')).toEqual([1, messages.notAuthorizedTo('bob/secret')]);
  });

  test('because a component of its sequence is not', async () => {
    await room.action('bob/secret');
    await room.sequence('guest/s', ['bob/secret']);
    expect(await lineOf('guest/s')).toEqual([1, messages.notAuthorizedTo('bob/secret')]);
  });

  test('because the payload overrides a final parameter', async () => {
    await room.action('guest/a', { parameters: { fixed: 1 }, annotations: { final: true } });
    expect(await lineOf('guest/a', identity(), { fixed: 2 })).toEqual([1, messages.parametersNotAllowed]);
  });

  test('because the namespace has used up its invocations: each rule is one (TRG-06)', async () => {
    const guest = identity('guest', { invocationsPerMinute: 1 });
    const { logs } = await fire(room.trigger({ 'guest/r1': rule('guest/a'), 'guest/r2': rule('guest/b') }), {}, guest);
    const [first, second] = logs.map((line) => JSON.parse(line));
    expect([first.success, second.statusCode, second.error]).toEqual([true, 1, messages.tooManyRequests(2, 1)]);
  });

  test('because we break: the user hears that, the log has the story', async () => {
    room.store.entities.get = () => Promise.reject(new Error('the disk is on fire'));
    expect(await lineOf('guest/unread')).toEqual([3, messages.internalError]);
    expect(room.said.map(({ text }) => text.split('\n')[0])).toEqual(['Error: the disk is on fire']);
  });
});

test('a fire waits while something is away that its rules need: it leaves no record, and is done again later', async () => {
  room.store.entities.get = () => Promise.reject(refuse(503, messages.storeAway));
  const rules = { 'guest/r1': rule('guest/a'), 'guest/r2': rule('guest/unread') };
  const activationId = (await accept(room.trigger(rules))) as string;
  await room.invocation.drain(1_000);
  expect(room.store.activations.records.size).toBe(0);
  expect(room.jobs).toEqual([]);
  expect(await room.journal.find(activationId)).toMatchObject({ work: { activationId } });
});
