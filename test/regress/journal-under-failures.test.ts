import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import type { Json } from '../../src/model/json.ts';
import { messages } from '../../src/model/messages.ts';
import { refuseForNow } from '../../src/model/refusal.ts';
import type { Work } from '../../src/model/work.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { errorOf } from '../util/errors.ts';
import { identity, rule, TestInvocation } from '../util/invocation.ts';
import { aFire, anInvocation } from '../util/work.ts';

/** Accepted work was done again and again, or held in memory, while something else was in the way. */

let room: TestInvocation;
const never = new Promise<never>(() => undefined);

beforeEach(async () => {
  room = new TestInvocation();
  await room.action('guest/a');
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

/** Lets all happen that waits for nothing but its turn, and then so much time pass. */
async function pass(ms: number): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  jest.advanceTimersByTime(ms);
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

const entries = (of = room) => [...of.journal.contents.entries.values()];

/** What is there at a start. */
async function startWith(works: readonly Work[], tries: number): Promise<TestInvocation> {
  await room.journal.add(works, tries);
  return room.restarted();
}

test('work that left no record is not done again while its entry cannot be taken away', async () => {
  const next = await startWith([anInvocation({ action: '/guest/a' })], 1);
  next.holders.set('uuid-of-guest', identity('guest', { storeActivations: false }));
  next.act = () => {
    next.journal.isAway = true;
    return {};
  };
  const done = next.invocation.catchUp();
  for (const ms of [200, 400, 800]) await pass(ms);
  expect([next.jobs.length, entries(next).length]).toEqual([1, 1]);
  next.journal.isAway = false;
  await pass(1600);
  await done;
  expect([next.jobs.length, entries(next).length]).toEqual([1, 0]);
});

test('what ended here is taken out of the journal as soon as there is room again', async () => {
  room.act = () => {
    room.journal.isAway = true;
    return {};
  };
  await room.later('guest/a');
  await pass(200);
  expect(entries()).toHaveLength(1);
  room.journal.isAway = false;
  await pass(400);
  expect([room.jobs.length, entries().length]).toEqual([1, 0]);
});

test('work whose record is given up is left to the next start, and not done again and again', async () => {
  const next = await startWith([anInvocation({ action: '/guest/a' })], 1);
  next.store.activations.put = () => Promise.reject(new StoreUnavailable('Too many activation records wait.'));
  const done = next.invocation.catchUp();
  for (const ms of [200, 400, 800]) await pass(ms);
  await done;
  expect(next.jobs).toHaveLength(1);
  expect(entries(next)).toMatchObject([{ tries: 2 }]);
});

test('of a thousand that could not be begun, only some are tried at a time, in the order of acceptance', async () => {
  const isAway = () => Promise.reject(refuseForNow(messages.storeUnreachable));
  room.act = isAway;
  const ids: string[] = [];
  for (let n = 0; n < 1000; n++) ids.push(await room.later('guest/a'));
  await pass(0);
  room.jobs.length = 0;
  await pass(200);
  expect(room.jobs.length).toBeLessThanOrEqual(32);
  const { promise, resolve } = Promise.withResolvers<Json>();
  room.act = () => promise;
  room.jobs.length = 0;
  for (const ms of [400, 800, 1600, 3200]) await pass(ms);
  expect(room.jobs).toHaveLength(16);
  room.act = () => ({});
  resolve({});
  for (let n = 0; n < 100 && entries().length > 0; n++) await pass(0);
  expect(entries()).toEqual([]);
  expect(room.store.activations.records.size).toBe(1000);
});

test('what could not be begun is no try when the node stops, even when its turn had not come', async () => {
  room.act = () => Promise.reject(refuseForNow(messages.storeUnreachable));
  for (let n = 0; n < 100; n++) await room.later('guest/a');
  await pass(0);
  await room.invocation.drain(0);
  await pass(0);
  expect(entries().map(({ tries }) => tries)).toEqual(Array(100).fill(0));
});

test('the rules of a fire that is replayed are not charged', async () => {
  room.holders.set('uuid-of-guest', identity('guest', { invocationsPerMinute: 0 }));
  const { trigger } = aFire();
  const dead = aFire({ trigger: { ...trigger, rules: { 'guest/r': rule('guest/a') } } });
  const activationId = await room.invocation.replay(dead);
  await pass(0);
  expect(room.record(activationId).logs.map((line) => JSON.parse(line).success)).toEqual([true]);
  expect(room.jobs).toHaveLength(1);
});

test('a start with thousands of last tries does not hold their arguments in memory', async () => {
  const works = Array.from({ length: 3000 }, () => anInvocation({ action: '/guest/a' }));
  const next = await startWith(works, 2);
  const given: WeakRef<Work>[] = [];
  const { pending } = next.journal;
  next.journal.pending = async (after, limit) => {
    const page = (await pending.call(next.journal, after, limit)).map((entry) => ({
      ...entry,
      work: { ...entry.work },
    }));
    given.push(...page.map(({ work }) => new WeakRef<Work>(work)));
    return page;
  };
  next.act = () => never;
  jest.useRealTimers();
  void next.invocation.catchUp();
  while (next.jobs.length === 0) await Bun.sleep(1);
  Bun.gc(true);
  expect(given).toHaveLength(3000);
  expect(given.filter((each) => each.deref() !== undefined).length).toBeLessThan(100);
});

test('the log says why no work is accepted, once, and when it is accepted again', async () => {
  room.journal.isAway = true;
  for (let n = 0; n < 3; n++) expect(await errorOf(room.later('guest/a'))).toMatchObject({ status: 503 });
  room.journal.isAway = false;
  await room.later('guest/a');
  await room.later('guest/a');
  expect(room.said.map(({ level, text }) => [level, text])).toEqual([
    ['error', 'no work is accepted: the disk is full'],
    ['info', 'work is accepted again'],
  ]);
});
