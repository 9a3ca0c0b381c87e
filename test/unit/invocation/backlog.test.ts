import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import { Backlog } from '../../../src/invocation/backlog.ts';
import { Unavailable } from '../../../src/model/refusal.ts';
import type { Work } from '../../../src/model/work.ts';
import { Events } from '../../../src/observe/events.ts';
import { FakeJournal } from '../../fake/journal.ts';
import { settle } from '../../util/cluster.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const work = (activationId: string): Work => ({
  ...{ type: 'invocation', activationId, transactionId: 't', subject: 'guest', namespace: 'guest', uuid: 'u' },
  ...{ acceptedAt: 0, action: '/guest/a', version: '0.0.1', args: '{}' },
});

/** What was put back while something is away, and what was tried and said. */
async function waiting(count: number) {
  const journal = new FakeJournal();
  const events = new Events();
  const said: string[] = [];
  events.said.subscribe(({ text }) => said.push(text));
  const tried: string[] = [];
  let isAway = true;
  const perform = async ({ activationId }: Work) => {
    tried.push(activationId);
    if (isAway) throw new Unavailable('it is away');
  };
  const backlog = new Backlog({ journal, perform, events, maxTries: 3 });
  const ids = Array.from({ length: count }, (_, n) => `w${n}`);
  await journal.add(ids.map(work), 1);
  for (const id of ids) backlog.again(id);
  await settle();
  const back = () => {
    isAway = false;
  };
  return { tried, said, journal, ids, back };
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await settle();
}

test('what could not be begun is tried again after ever longer pauses while something is away, and said once', async () => {
  const { tried, said, journal, back } = await waiting(1);
  expect(tried).toHaveLength(1);
  await pass(199);
  expect(tried).toHaveLength(1);
  await pass(1);
  expect(tried).toHaveLength(2);
  await pass(399);
  expect(tried).toHaveLength(2);
  await pass(1);
  expect(tried).toHaveLength(3);
  expect(said).toHaveLength(1);
  back();
  await pass(800);
  expect(journal.size.pending).toBe(0);
});

test('many that could not be begun are tried a few at once, and all are done when it is back', async () => {
  const { tried, journal, back, ids } = await waiting(100);
  expect(tried).toHaveLength(16);
  back();
  for (let turn = 0; turn < 10; turn++) await pass(1_000);
  expect(journal.size.pending).toBe(0);
  expect(new Set(tried).size).toBe(ids.length);
});
