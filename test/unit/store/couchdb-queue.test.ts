import { describe, expect, jest, test } from 'bun:test';
import type { Activation } from '../../../src/model/activation.ts';
import { Events, type Said } from '../../../src/observe/events.ts';
import { WaitingRecords } from '../../../src/store/couchdb/queue.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';
import { anActivation } from '../../util/documents.ts';
import { errorOf } from '../../util/errors.ts';

interface Sent {
  readonly batch: readonly Activation[];
  answer(...problems: (string | undefined)[]): void;
  fail(error: Error): void;
}

/** Records whose batches the test answers: `next()` waits for one to be sent. */
function waitingRecords(maxBytes = 1e9) {
  const sent: Sent[] = [];
  const said: Said[] = [];
  let wake = () => {};
  const events = new Events();
  events.said.subscribe((each) => said.push(each));
  const records = new WaitingRecords({
    send: (batch) =>
      new Promise((resolve, fail) => {
        const answer = (...problems: (string | undefined)[]) => resolve(batch.map((_, index) => problems[index]));
        sent.push({ batch, answer, fail });
        wake();
      }),
    ...{ events, gatherMs: 0, maxBytes },
  });
  const next = async (): Promise<Sent> => {
    while (sent.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return sent.shift() as Sent;
  };
  return { records, next, sent, said };
}

const away = new StoreUnavailable('away');
const all = { namespace: 'guest' };
const PATIENT = 60_000;

describe('the records on their way to CouchDB', () => {
  test('gathers what is put in one turn, and shows it until it is written', async () => {
    const { records, next } = waitingRecords();
    const three = [anActivation({ start: 1 }), anActivation({ start: 3 }), anActivation({ start: 2 })];
    const puts = three.map((each) => records.put(each));
    const { batch, answer } = await next();
    expect(batch).toEqual(three);
    expect(records.matching(all).map(({ start }) => start)).toEqual([3, 2, 1]);
    expect(records.get(three[0]?.activationId ?? '')).toBe(three[0] as Activation);
    answer();
    await Promise.all(puts);
    expect(records.matching(all)).toEqual([]);
  });

  test('has one batch under way, and gathers the next meanwhile', async () => {
    const { records, next, sent } = waitingRecords();
    const first = records.put(anActivation());
    const one = await next();
    const rest = [records.put(anActivation()), records.put(anActivation())];
    expect(sent).toEqual([]);
    one.answer();
    await first;
    const two = await next();
    expect(two.batch).toHaveLength(2);
    two.answer();
    await Promise.all(rest);
  });

  test('leaves a server alone for some times as long as it was busy with the last batch, unless there is a whole one', async () => {
    jest.useFakeTimers();
    try {
      const { records, sent } = waitingRecords();
      const putAll = (count: number) => Array.from({ length: count }, () => records.put(anActivation()));
      const pass = async (ms: number) => {
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        jest.advanceTimersByTime(ms);
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      };
      const first = putAll(1);
      await pass(1);
      expect(sent).toHaveLength(1);
      await pass(10);
      sent[0]?.answer();
      await Promise.all(first);
      const second = putAll(1);
      await pass(39);
      expect(sent).toHaveLength(1);
      await pass(2);
      expect(sent).toHaveLength(2);
      await pass(10);
      sent[1]?.answer();
      await Promise.all(second);
      putAll(2_000);
      await pass(1);
      expect(sent[2]?.batch).toHaveLength(2_000);
    } finally {
      jest.useRealTimers();
    }
  });

  test('takes the same id once while it waits', async () => {
    const { records, next } = waitingRecords();
    const activation = anActivation();
    const puts = [records.put(activation), records.put(activation)];
    const { batch, answer } = await next();
    expect(batch).toHaveLength(1);
    answer();
    await Promise.all(puts);
  });

  test('sends again what could not be sent, and says so once', async () => {
    const { records, next, said } = waitingRecords();
    const put = records.put(anActivation());
    (await next()).fail(away);
    (await next()).fail(away);
    (await next()).answer();
    await put;
    expect(said.map(({ level, text }) => [level, text])).toEqual([
      ['error', 'Activation records wait in memory and are tried again: away'],
      ['info', 'Activation records are being written again.'],
    ]);
  });

  test('gives up the one record that is refused, and no other', async () => {
    const { records, next, said } = waitingRecords();
    const [good, bad] = [anActivation(), anActivation()];
    const puts = Promise.allSettled([records.put(good), records.put(bad)]);
    (await next()).answer(undefined, 'forbidden: no');
    const [first, second] = await puts;
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
    expect(said[0]?.text).toBe(`The record ${bad.activationId} cannot be written: forbidden: no`);
    expect(records.matching(all)).toEqual([]);
  });

  test('finds the record for which a whole batch is refused', async () => {
    const { records, next } = waitingRecords();
    const puts = Promise.allSettled([1, 2, 3].map((start) => records.put(anActivation({ start }))));
    (await next()).fail(new Error('too large'));
    for (let n = 1; n <= 3; n++) {
      const { batch, answer, fail } = await next();
      expect(batch.map(({ start }) => start)).toEqual([n]);
      if (n === 2) fail(new Error('too large'));
      else answer();
    }
    expect((await puts).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('drops the oldest beyond its bound, but nothing that is under way', async () => {
    const { records, next, said } = waitingRecords(2500);
    const puts = Promise.allSettled([1, 2, 3, 4].map((start) => records.put(anActivation({ start }))));
    const { batch, fail } = await next();
    expect(batch.map(({ start }) => start)).toEqual([1, 2, 3, 4]);
    const late = Promise.allSettled([5, 6].map((start) => records.put(anActivation({ start }))));
    expect(records.matching(all).map(({ start }) => start)).toEqual([6, 4, 3, 2, 1]);
    fail(away);
    const again = await next();
    expect(again.batch.map(({ start }) => start)).toEqual([1, 2, 3, 4, 6]);
    again.answer();
    expect((await puts).every(({ status }) => status === 'fulfilled')).toBe(true);
    const [five, six] = await late;
    expect([five?.status, six?.status]).toEqual(['rejected', 'fulfilled']);
    expect(said.map(({ text }) => text)).toContain('1 activation records are lost: too many waited.');
  });

  test('lets nobody read quietly while a batch is under way, and sends none while somebody does', async () => {
    const { records, next, sent } = waitingRecords();
    const put = records.put(anActivation());
    const one = await next();
    const read = Promise.withResolvers<string>();
    let isReading = false;
    const quiet = records.quietly(() => {
      isReading = true;
      return read.promise;
    }, PATIENT);
    const second = records.put(anActivation());
    await Promise.resolve();
    expect(isReading).toBe(false);
    one.answer();
    await put;
    await new Promise(setImmediate);
    expect([isReading, sent.length]).toEqual([true, 0]);
    read.resolve('read');
    expect(await quiet).toBe('read');
    (await next()).answer();
    await second;
  });

  test('goes on after a quiet reader has failed, and tells one that waits too long', async () => {
    const { records, next } = waitingRecords();
    expect(await errorOf(records.quietly(() => Promise.reject(new Error('torn')), PATIENT))).toMatchObject({
      message: 'torn',
    });
    const put = records.put(anActivation());
    const one = await next();
    expect(await errorOf(records.quietly(async () => 'late', 1))).toBeInstanceOf(StoreUnavailable);
    one.answer();
    await put;
  });

  test('writes what waits when it closes, takes no more, and says what is lost', async () => {
    const well = waitingRecords();
    const put = well.records.put(anActivation());
    const closed = well.records.close();
    expect(await errorOf(well.records.put(anActivation()))).toBeInstanceOf(StoreUnavailable);
    (await well.next()).answer();
    await Promise.all([put, closed]);
    const ill = waitingRecords();
    const lost = errorOf(ill.records.put(anActivation()));
    const given = ill.records.close();
    (await ill.next()).fail(away);
    await given;
    expect(await lost).toBeInstanceOf(StoreUnavailable);
    expect(ill.said.map(({ text }) => text)).toEqual(['1 activation records are lost: away.']);
  });
});
