import { beforeEach, describe, expect, jest, test } from 'bun:test';
import { ActivationRecords } from '../../../src/invocation/records.ts';
import type { Json } from '../../../src/model/json.ts';
import { messages } from '../../../src/model/messages.ts';
import { refuseForNow } from '../../../src/model/refusal.ts';
import type { Accept, Work } from '../../../src/model/work.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';
import { errorOf } from '../../util/errors.ts';
import { identity, payloadOf, resultOf, rule, TestInvocation } from '../../util/invocation.ts';

/** What is answered with 202: written down before, and gone from there when its record is stored. */

let room: TestInvocation;

beforeEach(async () => {
  room = new TestInvocation();
  for (const name of ['a', 'b']) await room.action(`guest/${name}`);
});

/** Lets all go on that waits for nothing but its turn. */
const turns = () => new Promise((resolve) => setImmediate(resolve));
const never = new Promise<never>(() => undefined);
const stops = () => Promise.reject(refuseForNow(messages.draining));
/** Another node takes all on. */
const takenBy =
  (sent: Work[]): Accept =>
  async (works) => {
    sent.push(...works);
  };
const entries = (of = room) => [...of.journal.contents.entries.values()];

describe('an invocation that nobody waits for', () => {
  test('is written down before it is begun, and pending at once', async () => {
    const { promise, resolve } = Promise.withResolvers<Json>();
    room.act = () => promise;
    let isWritten: boolean | undefined;
    const { add } = room.journal;
    room.journal.add = async (works, tries) => {
      expect(room.jobs).toEqual([]);
      await add.call(room.journal, works, tries);
      isWritten = true;
    };
    const activationId = await room.later('guest/a', { n: 1 });
    expect(isWritten).toBe(true);
    expect(room.calls).toEqual([['a', { n: 1 }]]);
    expect(room.live.pending('guest', activationId)).toMatchObject({ name: 'a', state: 'waiting' });
    const work = { type: 'invocation', activationId, action: '/guest/a', version: '0.0.1', args: '{"n":1}' };
    expect(entries()).toMatchObject([{ work: { ...work, namespace: 'guest', uuid: 'uuid-of-guest' }, tries: 1 }]);
    expect(JSON.stringify(entries())).not.toContain(identity().key);
    resolve({ done: true });
    await turns();
    expect(resultOf(room.record(activationId))).toEqual({ done: true });
    expect(entries()).toEqual([]);
  });

  test('leaves nothing behind where records are not wanted', async () => {
    await room.later('guest/a', {}, identity('guest', { storeActivations: false }));
    await turns();
    expect([room.jobs.length, room.store.activations.records.size, entries()]).toEqual([1, 0, []]);
  });

  test('is refused, and not begun, when it cannot be written down', async () => {
    room.journal.isAway = true;
    expect(await errorOf(room.later('guest/a'))).toMatchObject({
      name: 'Refusal',
      status: 503,
      message: messages.journalAway,
      headers: { 'Retry-After': expect.any(String) },
    });
    expect(room.jobs).toEqual([]);
  });

  test('stays written down when the record is given up', async () => {
    room.store.activations.put = () => Promise.reject(new Error('no room'));
    const activationId = await room.later('guest/a');
    await turns();
    expect(entries()).toMatchObject([{ work: { activationId }, tries: 1 }]);
  });

  test.each(['guest/a', 'guest/s', 'guest/c'])(
    'of %s waits for the next start when the node stops before it was begun, and leaves no record',
    async (path) => {
      await room.sequence('guest/s', ['guest/a', 'guest/b']);
      await room.conductor('guest/c');
      room.act = stops;
      const stopping = room.invocation.drain(0);
      const activationId = await room.later(path, { n: 1 });
      await stopping;
      await turns();
      expect(entries()).toMatchObject([{ work: { activationId }, tries: 0 }]);
      expect(room.store.activations.records.size).toBe(0);
      expect(room.live.pending('guest', activationId)).toBeUndefined();

      const next = room.restarted();
      await next.invocation.catchUp();
      expect(resultOf(next.record(activationId))).toEqual({ n: 1 });
      expect(entries(next)).toEqual([]);
    },
  );

  test('of a sequence that was begun ends with a record when the node stops', async () => {
    await room.sequence('guest/s', ['guest/a', 'guest/b']);
    room.act = ({ action }) => (action.name === 'a' ? {} : stops());
    const stopping = room.invocation.drain(0);
    const activationId = await room.later('guest/s');
    await stopping;
    await turns();
    const { response, logs } = room.record(activationId);
    expect([response.status, JSON.parse(response.result).error]).toEqual(['whisk internal error', messages.draining]);
    expect(logs).toHaveLength(1);
    expect(entries()).toEqual([]);
  });

  test('that is begun elsewhere is pending here, and not begun here', async () => {
    const sent: Work[] = [];
    room = new TestInvocation({}, { store: room.store, accept: takenBy(sent) });
    const activationId = await room.later('guest/a');
    expect([room.jobs, entries()]).toEqual([[], []]);
    expect(sent).toMatchObject([{ activationId, action: '/guest/a' }]);
    const records = new ActivationRecords(room.store.activations, room.live, room.journal);
    expect(await records.accepted('guest', activationId)).toMatchObject({
      name: 'a',
      state: 'waiting',
      path: 'guest/a',
    });
    expect(await records.accepted('bob', activationId)).toBeUndefined();
  });
});

describe('a blocking call that outlasts its wait', () => {
  test('is written down until its record is stored', async () => {
    const { promise, resolve } = Promise.withResolvers<Json>();
    room.act = () => promise;
    const asked = await room.asked('guest/a', { n: 1 });
    const accepted = room.invocation.invoke(asked.identity, asked.resolved, asked.args, 'tid');
    expect(entries()).toEqual([]);
    await room.invocation.promise(accepted, asked);
    const { activationId } = accepted;
    expect(entries()).toMatchObject([
      { work: { activationId, args: '{"n":1}', acceptedAt: 1_700_000_000_000 }, tries: 1 },
    ]);
    resolve({});
    await turns();
    expect(room.record(activationId).activationId).toBe(activationId);
    expect(entries()).toEqual([]);
  });

  test('leaves nothing behind when it has ended meanwhile', async () => {
    const asked = await room.asked('guest/a');
    const accepted = room.invocation.invoke(asked.identity, asked.resolved, asked.args, 'tid');
    await accepted.activation;
    await room.invocation.promise(accepted, asked);
    await turns();
    expect([entries(), room.store.activations.records.size]).toEqual([[], 1]);
  });

  test('is promised nothing when that cannot be written down, but goes on', async () => {
    const asked = await room.asked('guest/a');
    const accepted = room.invocation.invoke(asked.identity, asked.resolved, asked.args, 'tid');
    room.journal.isAway = true;
    const refusal = await errorOf(room.invocation.promise(accepted, asked));
    expect(refusal).toMatchObject({ status: 503, message: messages.promiseAway(accepted.activationId) });
    expect((await accepted.activation).response.status).toBe('success');
  });

  test('is refused when it was not begun because the node stops', async () => {
    room.act = stops;
    const { activation } = await room.begin('guest/a');
    expect(await errorOf(activation)).toMatchObject({ status: 503, message: messages.draining });
    expect(room.store.activations.records.size).toBe(0);
  });
});

describe('a fire', () => {
  const fire = (rules: Record<string, ReturnType<typeof rule>>) =>
    room.invocation.fire(identity(), room.trigger(rules), payloadOf({ p: 1 }), {}, 'tid');
  const both = { 'guest/r1': rule('guest/a'), 'guest/r2': rule('guest/b') };

  test('is refused when it cannot be written down', async () => {
    room.journal.isAway = true;
    expect(await errorOf(fire(both))).toMatchObject({ status: 503, message: messages.journalAway });
  });

  test('writes down what its rules begin, all at once, before its record is stored', async () => {
    room.act = () => never;
    const added: string[][] = [];
    const { add } = room.journal;
    room.journal.add = async (works, tries) => {
      expect(room.store.activations.records.size).toBe(0);
      added.push(works.map((work) => (work.type === 'fire' ? work.trigger.name : work.action)));
      await add.call(room.journal, works, tries);
    };
    const activationId = (await fire(both)) as string;
    await turns();
    expect(added).toEqual([['morning'], ['/guest/a', '/guest/b']]);
    const ids = room.record(activationId).logs.map((line) => JSON.parse(line).activationId);
    expect(entries().map(({ work }) => work.activationId)).toEqual(ids);
  });

  test('begins its rules while they are written down: it would do so again', async () => {
    room.act = () => never;
    const { promise: written, resolve } = Promise.withResolvers<void>();
    const { add } = room.journal;
    room.journal.add = async (works, tries) => {
      if (works.length === 2) await written;
      await add.call(room.journal, works, tries);
    };
    const activationId = (await fire(both)) as string;
    await turns();
    expect(room.jobs).toHaveLength(2);
    expect(room.store.activations.records.has(activationId)).toBe(false);
    resolve();
    await turns();
    expect(room.record(activationId).logs).toHaveLength(2);
  });

  test('whose rules were begun and could not be written down ends only when they have', async () => {
    const { promise, resolve } = Promise.withResolvers<Json>();
    room.act = () => promise;
    const { add } = room.journal;
    room.journal.add = async (works, tries) => {
      if (works.some(({ type }) => type === 'invocation')) throw new StoreUnavailable('the disk is full');
      await add.call(room.journal, works, tries);
    };
    const trigger = room.trigger({ 'guest/r1': rule('guest/a') });
    const id = (await room.invocation.fire(identity(), trigger, payloadOf({}), {}, 'tid')) as string;
    await turns();
    expect(room.jobs).toHaveLength(1);
    expect(entries().map(({ work }) => work.activationId)).toEqual([id]);
    expect(room.store.activations.records.size).toBe(0);
    resolve({});
    await turns();
    expect(room.jobs).toHaveLength(1);
    expect(room.store.activations.records.size).toBe(2);
    expect(entries()).toEqual([]);
  });

  test('done again begins only what it had not begun, under the same ids, and is not charged', async () => {
    room.act = () => never;
    room.store.activations.put = () => never;
    const activationId = (await fire(both)) as string;
    await turns();
    const ids = entries().map(({ work }) => work.activationId);
    expect(ids).toHaveLength(3);
    // The node was killed when one rule's work was written down and the record was not stored.
    room.journal.contents.entries.delete(ids[2] as string);
    const next = room.restarted({ store: new TestInvocation().store });
    for (const name of ['a', 'b']) await next.action(`guest/${name}`);
    next.holders.set('uuid-of-guest', identity('guest', { invocationsPerMinute: 0 }));
    await next.invocation.catchUp();
    await turns();
    expect(next.jobs.map((job) => job.activationId).toSorted()).toEqual(ids.slice(1).toSorted());
    const lines = next.record(activationId).logs.map((line) => JSON.parse(line).activationId);
    expect(lines).toEqual(ids.slice(1));
    expect(entries(next)).toEqual([]);
  });

  test('is not charged again at the next start either when it could not be begun before the node stopped', async () => {
    const { get } = room.store.entities;
    room.store.entities.get = () => Promise.reject(refuseForNow(messages.storeAway));
    const activationId = (await fire(both)) as string;
    await turns();
    await room.invocation.drain(0);
    await turns();
    expect(entries()).toMatchObject([{ work: { activationId }, tries: 0 }]);
    room.store.entities.get = get;
    const next = room.restarted();
    next.holders.set('uuid-of-guest', identity('guest', { invocationsPerMinute: 0 }));
    await next.invocation.catchUp();
    await turns();
    expect(next.record(activationId).logs.map((line) => JSON.parse(line).success)).toEqual([true, true]);
    expect(entries(next)).toEqual([]);
  });

  test('of another node is charged once, however often it has to wait for what is away', async () => {
    const sent: Work[] = [];
    const sender = new TestInvocation({}, { store: room.store, accept: takenBy(sent) });
    await sender.invocation.fire(identity(), sender.trigger({ 'guest/r1': rule('guest/a') }), payloadOf({}), {}, 'tid');
    const [work] = sent as [Work];
    room.holders.set('uuid-of-guest', identity('guest', { invocationsPerMinute: 1 }));
    const { get } = room.store.entities;
    room.store.entities.get = () => Promise.reject(refuseForNow(messages.storeAway));
    expect(await errorOf(room.invocation.perform(work, 0))).toMatchObject({ status: 503 });
    expect(await errorOf(room.invocation.perform(work, 0, true))).toMatchObject({ status: 503 });
    room.store.entities.get = get;
    await room.invocation.perform(work, 0, true);
    expect(room.record(work.activationId).logs.map((line) => JSON.parse(line).success)).toEqual([true]);
  });
});

describe('what had been accepted when the node was killed', () => {
  const kill = async (...paths: string[]) => {
    room.act = () => never;
    const ids: string[] = [];
    for (const path of paths) ids.push(await room.later(path, { n: ids.length }));
    return ids;
  };

  test('is done at the next start, in order of acceptance, each counted before', async () => {
    const ids = await kill('guest/a', 'guest/b', 'guest/a');
    const next = room.restarted();
    next.act = ({ activationId, args }) => {
      expect(next.journal.contents.entries.get(activationId)?.tries).toBe(2);
      return JSON.parse(args);
    };
    await next.invocation.catchUp();
    expect(next.jobs.map(({ activationId }) => activationId)).toEqual(ids);
    expect(ids.map((id) => resultOf(next.record(id)))).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(entries(next)).toEqual([]);
  });

  test('is pending until it has its turn', async () => {
    const ids = await kill(...Array.from({ length: 40 }, () => 'guest/a'));
    const next = room.restarted();
    const { promise, resolve } = Promise.withResolvers<Json>();
    next.act = () => promise;
    const done = next.invocation.catchUp();
    await turns();
    // Not all at once: what is accepted now has its turn, too.
    expect(next.jobs.length).toBeLessThan(ids.length);
    const last = ids.at(-1) as string;
    const records = new ActivationRecords(next.store.activations, next.live, next.journal);
    expect(records.pending('guest', last)).toBeUndefined();
    expect(await records.accepted('guest', last)).toMatchObject({ name: 'a', state: 'waiting' });
    next.act = () => ({});
    resolve({});
    await done;
    expect(next.jobs).toHaveLength(ids.length);
    expect(await records.accepted('guest', last)).toBeUndefined();
  });

  test('is not done again when it has its record', async () => {
    const [id] = await kill('guest/a');
    const next = room.restarted();
    const record = { ...(await next.invoke('guest/b')), activationId: id as string };
    await next.store.activations.put(record);
    next.jobs.length = 0;
    await next.invocation.catchUp();
    expect([next.jobs, entries(next)]).toEqual([[], []]);
  });

  test('has its last try alone, after all others', async () => {
    const ids = await kill('guest/a', 'guest/b', 'guest/a', 'guest/b');
    for (const n of [0, 2]) await room.journal.tried(ids[n] as string, 2);
    const next = room.restarted();
    const { promise, resolve } = Promise.withResolvers<Json>();
    next.act = () => promise;
    const done = next.invocation.catchUp();
    await turns();
    expect(next.jobs.map(({ action }) => action.name)).toEqual(['b', 'b']);
    next.act = () => {
      expect(next.live.pending('guest', ids[2] as string)).toBeUndefined();
      next.act = () => ({});
      return {};
    };
    resolve({});
    await done;
    expect(next.jobs.map(({ activationId }) => activationId)).toEqual([1, 3, 0, 2].map((n) => ids[n] as string));
  });

  test('is given up after its last try: with a record that says so, and a dead letter', async () => {
    const [id] = await kill('guest/a');
    let next = room;
    for (const tries of [2, 3]) {
      next = next.restarted();
      next.act = () => never;
      void next.invocation.catchUp();
      await turns();
      expect(entries(next)).toMatchObject([{ tries }]);
    }
    next = next.restarted();
    await next.invocation.catchUp();
    const { response, annotations } = next.record(id as string);
    expect(next.jobs).toEqual([]);
    expect(response.status).toBe('whisk internal error');
    expect(JSON.parse(response.result).error).toBe(messages.givenUp(3));
    expect(annotations[0]).toEqual({ key: 'path', value: 'guest/a' });
    expect(entries(next)).toEqual([]);
    expect(next.journal.size.dead).toBe(1);
    expect(await next.journal.deadLetters.find(id as string)).toMatchObject({
      work: { activationId: id, args: '{"n":0}' },
      ...{ tries: 3, why: messages.givenUp(3) },
    });
    expect(next.said.map(({ level, text }) => [level, text.includes(id as string)])).toContainEqual(['error', true]);
  });

  test('is never begun twice where one try is all there is', async () => {
    const [id] = await kill('guest/a');
    const next = room.restarted({ maxTries: 1 });
    await next.invocation.catchUp();
    expect(next.jobs).toEqual([]);
    expect(JSON.parse(next.record(id as string).response.result).error).toBe(messages.givenUp(1));
  });

  test('ends with a record that says why, when its action or its key is gone', async () => {
    const [a, b] = await kill('guest/a', 'guest/b');
    await room.delete('guest/a');
    let next = room.restarted();
    const errorIn = (id: string | undefined) => JSON.parse(next.record(id as string).response.result).error;
    next.holders.clear();
    next.journal.contents.entries.delete(a as string);
    await next.invocation.catchUp();
    expect(errorIn(b)).toBe(messages.askerGone);

    const [again] = await kill('guest/b');
    await room.delete('guest/b');
    next = room.restarted();
    await next.invocation.catchUp();
    expect(errorIn(again)).toBe(messages.actionRemoved);
    expect(next.record(again as string)).toMatchObject({ name: 'b', version: '0.0.1', subject: 'guest-subject' });
    expect(entries(next)).toEqual([]);
  });

  test('stays when the node stops before it could be begun, and that is no try', async () => {
    const [id] = await kill('guest/a');
    const next = room.restarted();
    next.act = () => {
      void next.invocation.drain(0);
      return stops();
    };
    await next.invocation.catchUp();
    expect(entries(next)).toMatchObject([{ work: { activationId: id }, tries: 1 }]);
    expect(next.store.activations.records.size).toBe(0);
  });

  test('waits while the store is away, and is one try for all that', async () => {
    const [id] = await kill('guest/a');
    const next = room.restarted();
    const { get } = next.store.activations;
    next.store.activations.get = () => Promise.reject(new StoreUnavailable('it is away'));
    jest.useFakeTimers();
    try {
      const done = next.invocation.catchUp();
      for (const pauseMs of [200, 400, 800]) {
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        expect(entries(next)).toMatchObject([{ tries: 2 }]);
        if (pauseMs === 800) next.store.activations.get = get;
        jest.advanceTimersByTime(pauseMs);
      }
      await done;
    } finally {
      jest.useRealTimers();
    }
    expect(resultOf(next.record(id as string))).toEqual({ n: 0 });
    expect(next.jobs).toHaveLength(1);
    expect(next.said.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('counts as running while it runs, and is charged no second time', async () => {
    await kill('guest/a');
    const next = room.restarted();
    const once = identity('guest', { concurrentInvocations: 1, invocationsPerMinute: 1 });
    next.holders.set(once.uuid, once);
    const { promise, resolve } = Promise.withResolvers<Json>();
    next.act = () => promise;
    const done = next.invocation.catchUp();
    await turns();
    expect(() => next.throttle.invocation(once)).toThrow(messages.tooManyConcurrentRequests(1, 1));
    resolve({});
    await done;
    expect(() => next.throttle.invocation(once)).toThrow(messages.tooManyRequests(2, 1));
  });
});

describe('work that another node accepted', () => {
  test('is done once, however often it is heard of at once', async () => {
    const sent: Work[] = [];
    const sender = new TestInvocation({}, { store: room.store, accept: takenBy(sent) });
    const activationId = await sender.later('guest/a', { n: 1 });
    const [work] = sent;
    await Promise.all([room.invocation.perform(work as Work, 0), room.invocation.perform(work as Work, 1)]);
    await room.invocation.perform(work as Work, 1);
    expect(room.jobs).toHaveLength(1);
    expect(resultOf(room.record(activationId))).toEqual({ n: 1 });
    expect(entries()).toEqual([]);
  });

  test('of a node whose clock is ahead has not waited for less than nothing', async () => {
    const id = await room.later('guest/a');
    const work = { ...(await anotherOf(id)), activationId: 'f'.repeat(32), acceptedAt: 1_800_000_000_000 };
    await room.invocation.perform(work, 0);
    expect(room.jobs.at(-1)?.acceptedAt).toBeLessThan(work.acceptedAt);
  });

  test('is still to be done when this node stops first', async () => {
    const activationId = await room.later('guest/a');
    await turns();
    const work = { ...(await anotherOf(activationId)), activationId: 'f'.repeat(32) };
    room.act = stops;
    expect(await errorOf(room.invocation.perform(work, 0))).toMatchObject({ name: 'Refusal', status: 503 });
    expect(room.store.activations.records.size).toBe(1);
  });

  test('is begun here no second time while it is under way here', async () => {
    const { promise, resolve } = Promise.withResolvers<Json>();
    room.act = () => promise;
    const activationId = await room.later('guest/a');
    const performed = room.invocation.perform(await anotherOf(activationId), 0);
    await turns();
    resolve({});
    await performed;
    expect(room.jobs).toHaveLength(1);
  });

  const anotherOf = async (activationId: string): Promise<Work> => ({
    ...{ type: 'invocation', activationId, transactionId: 'tid', action: '/guest/a', version: '0.0.1', args: '{}' },
    ...{ subject: 'guest-subject', namespace: 'guest', uuid: 'uuid-of-guest', acceptedAt: 1 },
  });
});

describe('a dead letter that is replayed', () => {
  test('is a new activation, which is written down and done', async () => {
    const work: Work = {
      ...{
        type: 'invocation',
        activationId: 'd'.repeat(32),
        transactionId: 'tid',
        action: '/guest/a',
        version: '0.0.1',
      },
      ...{ args: '{"n":7}', subject: 'guest-subject', namespace: 'guest', uuid: 'uuid-of-guest', acceptedAt: 1 },
    };
    const activationId = await room.invocation.replay(work);
    expect(activationId).not.toBe(work.activationId);
    expect(entries()).toMatchObject([{ work: { activationId, args: '{"n":7}' } }]);
    await turns();
    expect(resultOf(room.record(activationId))).toEqual({ n: 7 });
    expect(entries()).toEqual([]);
  });
});
