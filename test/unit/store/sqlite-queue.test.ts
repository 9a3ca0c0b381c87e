import { describe, expect, test } from 'bun:test';
import { Events, type Said } from '../../../src/observe/events.ts';
import { RecordQueue } from '../../../src/store/sqlite/queue.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';
import { anActivation } from '../../util/documents.ts';
import { errorOf } from '../../util/errors.ts';

interface Sent {
  readonly firstSeq: number;
  readonly count: number;
  succeed(): void;
  fail(error: Error): void;
}

/** A queue whose batches the test answers: `next()` waits for one to be sent. */
function aQueue(maxBytes = 1e9) {
  const sent: Sent[] = [];
  const said: Said[] = [];
  let wake = () => {};
  const events = new Events();
  events.said.subscribe((each) => said.push(each));
  const queue = new RecordQueue({
    send: (firstSeq, _heads, results) =>
      new Promise<void>((succeed, fail) => {
        sent.push({ firstSeq, count: results.length, succeed, fail });
        wake();
      }),
    events,
    lastSeq: 100,
    gatherMs: 0,
    maxBytes,
  });
  const next = async (): Promise<Sent> => {
    while (sent.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return sent.shift() as Sent;
  };
  return { queue, next, sent, said };
}

const away = new StoreUnavailable('no room');
const all = { namespace: 'guest' };

describe('the records on their way to the disk', () => {
  test('gathers what is put in one turn, numbers it and resolves when it is written', async () => {
    const { queue, next } = aQueue();
    const puts = [queue.put(anActivation()), queue.put(anActivation()), queue.put(anActivation())];
    const batch = await next();
    expect([batch.firstSeq, batch.count, queue.seq]).toEqual([101, 3, 100]);
    batch.succeed();
    await Promise.all(puts);
    expect([queue.seq, queue.matching(all).length]).toEqual([103, 0]);
  });

  test('has one batch under way, and gathers the next meanwhile', async () => {
    const { queue, next, sent } = aQueue();
    const first = queue.put(anActivation());
    const one = await next();
    const others = [queue.put(anActivation()), queue.put(anActivation())];
    expect(sent).toHaveLength(0);
    expect(queue.matching(all)).toHaveLength(3);
    one.succeed();
    await first;
    const two = await next();
    expect([two.firstSeq, two.count]).toEqual([102, 2]);
    two.succeed();
    await Promise.all(others);
  });

  test('gives the same promise for the same id', () => {
    const { queue } = aQueue();
    const activation = anActivation();
    expect(queue.put(activation)).toBe(queue.put({ ...activation }));
    expect(queue.get(activation.activationId)).toBe(activation);
  });

  test('shows what waits newest first, the last to come first between equals', () => {
    const { queue } = aQueue();
    for (const [name, start] of Object.entries({ a: 2, b: 3, c: 2, d: 1 }))
      void queue.put(anActivation({ name, start }));
    void queue.put(anActivation({ namespace: 'other' }));
    expect(queue.matching(all).map(({ name }) => name)).toEqual(['b', 'c', 'a', 'd']);
    expect(queue.matching({ ...all, name: 'c' }).map(({ name }) => name)).toEqual(['c']);
  });

  test('sends no more than a thousand records at once', async () => {
    const { queue, next } = aQueue();
    const puts = Array.from({ length: 1500 }, () => queue.put(anActivation()));
    const one = await next();
    one.succeed();
    const two = await next();
    two.succeed();
    await Promise.all(puts);
    expect([one.count, two.count, two.firstSeq]).toEqual([1000, 500, 1101]);
  });

  test('keeps what cannot be written, shows it, and tries again under the same numbers', async () => {
    const { queue, next, said } = aQueue();
    const put = queue.put(anActivation());
    (await next()).fail(away);
    await Promise.resolve();
    expect(queue.matching(all)).toHaveLength(1);
    queue.retry();
    (await next()).fail(away);
    await Promise.resolve();
    queue.retry();
    const third = await next();
    expect([third.firstSeq, third.count]).toEqual([101, 1]);
    third.succeed();
    await put;
    expect(said.map(({ level }) => level)).toEqual(['error', 'info']);
  });

  test('tries again by itself', async () => {
    const { queue, next } = aQueue();
    const put = queue.put(anActivation());
    (await next()).fail(away);
    (await next()).succeed();
    await put;
    expect(queue.seq).toBe(101);
  });

  test('drops the oldest beyond the bound, rejects them and says how many', async () => {
    const { queue, next, said } = aQueue(5000);
    const result = `"${'x'.repeat(1000)}"`;
    const record = (name: string) => anActivation({ name, response: { status: 'success', result } });
    const first = queue.put(record('first'));
    (await next()).fail(away);
    await Promise.resolve();
    const ends = ['b', 'c', 'd', 'e'].map((name) => errorOf(queue.put(record(name))));
    expect(await errorOf(first)).toBeInstanceOf(StoreUnavailable);
    expect(await ends[0]).toBeInstanceOf(StoreUnavailable);
    expect(queue.matching(all).map(({ name }) => name)).toEqual(['e', 'd', 'c']);
    queue.retry();
    const batch = await next();
    expect([batch.firstSeq, batch.count]).toEqual([101, 3]);
    batch.succeed();
    expect(await Promise.all(ends.slice(1))).toEqual([undefined, undefined, undefined]);
    expect(said.at(-1)?.text).toStartWith('2 activation records are lost');
  });

  test('does not drop what is under way', async () => {
    const { queue, next } = aQueue(2500);
    const result = `"${'x'.repeat(1000)}"`;
    const record = () => anActivation({ response: { status: 'success', result } });
    const first = queue.put(record());
    const batch = await next();
    const second = errorOf(queue.put(record()));
    void queue.put(record());
    expect(await second).toBeInstanceOf(StoreUnavailable);
    batch.succeed();
    await first;
  });

  test('finds the one record that cannot be written, and writes the others', async () => {
    const { queue, next } = aQueue();
    const puts = Array.from({ length: 3 }, () => errorOf(queue.put(anActivation())));
    const fault = new Error('too big');
    (await next()).fail(fault);
    const alone: number[] = [];
    for (const isFaulty of [false, true, false]) {
      const batch = await next();
      alone.push(batch.count);
      if (isFaulty) batch.fail(fault);
      else batch.succeed();
    }
    const ends = await Promise.all(puts);
    expect(alone).toEqual([1, 1, 1]);
    expect(ends.map((end) => end instanceof Error)).toEqual([false, true, false]);
    void queue.put(anActivation());
    void queue.put(anActivation());
    expect((await next()).count).toBe(2);
  });

  test('writes all that waits when it closes, and takes nothing more', async () => {
    const { queue, next } = aQueue();
    const puts = Array.from({ length: 1200 }, () => queue.put(anActivation()));
    const closed = queue.close();
    (await next()).succeed();
    (await next()).succeed();
    await closed;
    await Promise.all(puts);
    expect(await errorOf(queue.put(anActivation()))).toBeInstanceOf(StoreUnavailable);
  });

  test('closes although it cannot write, and says what is lost', async () => {
    const { queue, next, said } = aQueue();
    const put = errorOf(queue.put(anActivation()));
    const closed = queue.close();
    (await next()).fail(away);
    await closed;
    expect(await put).toBeInstanceOf(StoreUnavailable);
    expect(said.map(({ text }) => text)).toEqual(['1 activation records are lost: no room.']);
  });
});
