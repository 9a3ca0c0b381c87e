import { expect } from 'bun:test';
import { type Activation, summarize } from '../../src/model/activation.ts';
import { anActivation, newActivationId } from '../util/documents.ts';
import type { StoreTools } from './store.ts';

/** A record whose result is what its text says: an engine may write the same JSON otherwise. */
function meaning(activation: Activation | undefined) {
  return (
    activation && {
      ...activation,
      response: { ...activation.response, result: JSON.parse(activation.response.result) },
    }
  );
}

/** What every store does with the records of activations. */
export function activationContract({ it, fresh, store }: StoreTools): void {
  const putAll = (activations: readonly Activation[]) =>
    Promise.all(activations.map((each) => store().activations.put(each)));

  it('gives back every kind of record as it was put, waiting or written', async () => {
    const namespace = fresh();
    const { duration: _none, ...unended } = anActivation({ namespace, name: 'tick', end: 0 });
    const all: Activation[] = [
      anActivation({ namespace, logs: ['2024-05-01T10:00:00.000000001Z stdout: hi "there" ✓'] }),
      anActivation({ namespace, cause: newActivationId() }),
      { ...unended, logs: ['{"statusCode":0,"success":true}'] },
      anActivation({ namespace, response: { status: 'application error', result: '{"error":"no"}', size: 14 } }),
      anActivation({ namespace, response: { status: 'action developer error', result: '{"error":"gone"}' } }),
      anActivation({ namespace, response: { status: 'whisk internal error', result: '{"error":"our fault"}' } }),
      anActivation({ namespace, response: { status: 'success', result: '[1, 2.50, "ü\\u0000"]', size: 20 } }),
      anActivation({ namespace, annotations: [], logs: Array.from({ length: 5000 }, (_, n) => `line ${n}`) }),
      anActivation({ namespace, response: { status: 'success', result: `{"a":"${'é'.repeat(500_000)}"}` } }),
    ];
    for (const activation of all) {
      const written = store().activations.put(activation);
      expect(await store().activations.get(namespace, activation.activationId)).toEqual(activation);
      await written;
      const found = await store().activations.get(namespace, activation.activationId);
      expect(meaning(found)).toEqual(meaning(activation));
    }
    expect(await store().activations.list({ namespace, skip: 0, limit: 100 })).toHaveLength(all.length);
  });

  it('keeps the text of a result as it was put', async () => {
    const response = { status: 'success', result: '[1, 2.50, "ü\\u0000"]', size: 20 } as const;
    const activation = anActivation({ namespace: fresh(), response });
    await store().activations.put(activation);
    expect(await store().activations.get(activation.namespace, activation.activationId)).toEqual(activation);
  });

  it('keeps all digits of long numbers', async () => {
    const result = '{"long":12345678901234567890,"deep":[-98765432109876543210]}';
    const activation = anActivation({ namespace: fresh(), response: { status: 'success', result } });
    await store().activations.put(activation);
    expect(await store().activations.get(activation.namespace, activation.activationId)).toEqual(activation);
    expect(await store().activations.list({ namespace: activation.namespace, skip: 0 })).toEqual([activation]);
  });

  it('has no record of an unknown id, nor in another namespace', async () => {
    const activation = anActivation({ namespace: fresh() });
    const written = store().activations.put(activation);
    const stranger = fresh();
    expect(await store().activations.get(stranger, activation.activationId)).toBeUndefined();
    await written;
    expect(await store().activations.get(stranger, activation.activationId)).toBeUndefined();
    expect(await store().activations.get(activation.namespace, newActivationId())).toBeUndefined();
  });

  it('shows a record in lists and counts from the moment it is put', async () => {
    const namespace = fresh();
    await putAll([1, 3, 5, 7].map((start) => anActivation({ namespace, start })));
    const written = putAll([2, 4, 6, 8].map((start) => anActivation({ namespace, start })));
    const starts = (await store().activations.summaries({ namespace, skip: 1, limit: 4 })).map(({ start }) => start);
    const whole = (await store().activations.list({ namespace, skip: 0 })).map(({ start }) => start);
    const count = await store().activations.count({ namespace, skip: 1 });
    expect(starts).toEqual([7, 6, 5, 4]);
    expect(whole).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(count).toBe(7);
    await written;
    expect(await store().activations.count({ namespace, skip: 1 })).toBe(7);
  });

  it('writes the same id once', async () => {
    const namespace = fresh();
    const activation = anActivation({ namespace });
    await Promise.all([store().activations.put(activation), store().activations.put(activation)]);
    await store().activations.put(activation);
    expect(await store().activations.count({ namespace, skip: 0 })).toBe(1);
    expect(await store().activations.list({ namespace, skip: 0 })).toEqual([activation]);
  });

  it('lists summaries without result and logs, and whole records', async () => {
    const namespace = fresh();
    const failed = { status: 'application error', result: '{"error":"no"}', size: 14 } as const;
    const activation = anActivation({ namespace, response: failed, logs: ['a'], cause: newActivationId() });
    const check = async () => {
      // Not every engine's index has the subject.
      const { subject: _subject, ...shown } = summarize(activation);
      expect(await store().activations.summaries({ namespace, skip: 0 })).toMatchObject([shown]);
      expect(await store().activations.list({ namespace, skip: 0 })).toEqual([activation]);
    };
    const written = store().activations.put(activation);
    await check();
    await written;
    await check();
  });

  it('lists newest first, page by page, and counts what is left after skipping', async () => {
    const namespace = fresh();
    const starts = Array.from({ length: 25 }, (_, n) => ((n * 7) % 25) + 1);
    await putAll(starts.map((start) => anActivation({ namespace, start })));
    const page = async (skip: number, limit: number) =>
      (await store().activations.summaries({ namespace, skip, limit })).map(({ start }) => start);
    expect(await page(0, 5)).toEqual([25, 24, 23, 22, 21]);
    expect(await page(10, 5)).toEqual([15, 14, 13, 12, 11]);
    expect(await page(22, 5)).toEqual([3, 2, 1]);
    expect(await page(25, 5)).toEqual([]);
    expect(await page(0, 0)).toEqual([]);
    expect(await store().activations.count({ namespace, skip: 0 })).toBe(25);
    expect(await store().activations.count({ namespace, skip: 20 })).toBe(5);
    expect(await store().activations.count({ namespace, skip: 30 })).toBe(0);
  });

  it('filters by time, both ends inclusive', async () => {
    const namespace = fresh();
    await putAll([10, 20, 30, 40].map((start) => anActivation({ namespace, start })));
    const starts = async (times: { since?: number; upto?: number }) =>
      (await store().activations.summaries({ namespace, ...times, skip: 0 })).map(({ start }) => start);
    expect(await starts({ since: 20 })).toEqual([40, 30, 20]);
    expect(await starts({ upto: 30 })).toEqual([30, 20, 10]);
    expect(await starts({ since: 20, upto: 30 })).toEqual([30, 20]);
    expect(await starts({ since: 41 })).toEqual([]);
    expect(await store().activations.count({ namespace, since: 20, upto: 30, skip: 0 })).toBe(2);
    expect(await store().activations.count({ namespace, since: 20, skip: 2 })).toBe(1);
  });

  it('filters by name: plain, in a package, through a binding', async () => {
    const namespace = fresh();
    const put = (name: string, start: number, annotations: Activation['annotations']) =>
      store().activations.put(anActivation({ namespace, name, start, annotations }));
    const path = (value: string) => ({ key: 'path', value });
    await Promise.all([
      put('hello', 1, [path(`${namespace}/hello`)]),
      put('hello', 2, [path(`${namespace}/tools/hello`)]),
      put('hello', 3, [path('whisk.system/utils/hello')]),
      put('hello', 4, [path('whisk.system/utils/hello'), { key: 'binding', value: `${namespace}/bound` }]),
      put('hello', 5, []),
      put('tick', 6, [path(`${namespace}/tick`)]),
    ]);
    const starts = async (name: string) =>
      (await store().activations.summaries({ namespace, name, skip: 0 })).map(({ start }) => start);
    expect(await starts('hello')).toEqual([5, 1]);
    expect(await starts('tools/hello')).toEqual([2]);
    expect(await starts('utils/hello')).toEqual([3]);
    expect(await starts('bound/hello')).toEqual([4]);
    expect(await starts('tick')).toEqual([6]);
    expect(await starts('nothing')).toEqual([]);
    expect(await store().activations.count({ namespace, name: 'hello', skip: 0 })).toBe(2);
    const late = { namespace, name: 'hello', since: 2, skip: 0 };
    expect((await store().activations.list(late)).map(({ start }) => start)).toEqual([5]);
  });

  it('keeps namespaces apart', async () => {
    const [mine, theirs] = [fresh(), fresh()];
    await putAll([anActivation({ namespace: mine }), anActivation({ namespace: theirs })]);
    const listed = await store().activations.summaries({ namespace: mine, skip: 0 });
    expect(listed.map(({ namespace }) => namespace)).toEqual([mine]);
  });

  it('prunes what is too old, and nothing else', async () => {
    const namespace = fresh();
    const starts = Array.from({ length: 1200 }, (_, n) => n + 1);
    await putAll(starts.map((start) => anActivation({ namespace, start })));
    const before = await store().activations.count({ namespace, upto: 1000, skip: 0 });
    expect(before).toBe(1000);
    expect(await store().activations.prune({ olderThan: 1001 })).toBeGreaterThanOrEqual(1000);
    const left = await store().activations.summaries({ namespace, skip: 0 });
    expect(left.map(({ start }) => start)).toEqual(starts.slice(1000).reverse());
    expect(await store().activations.prune({ olderThan: 1001 })).toBe(0);
  });

  it('prunes the oldest until the rest fits', async () => {
    const namespace = fresh();
    const result = `{"text":"${'x'.repeat(10_000)}"}`;
    const records = Array.from({ length: 100 }, (_, n) =>
      anActivation({ namespace, start: 4e12 + n, response: { status: 'success', result, size: result.length } }),
    );
    await putAll(records);
    expect(await store().activations.prune({ maxBytes: 1e12 })).toBe(0);
    await store().activations.prune({ maxBytes: 300_000 });
    const left = await store().activations.summaries({ namespace, skip: 0 });
    expect(left.length).toBeGreaterThan(20);
    expect(left.length).toBeLessThan(30);
    expect(left.at(-1)?.start).toBe(4e12 + 100 - left.length);
    await putAll(records.slice(0, 50));
    await store().activations.prune({ maxBytes: 0 });
    expect(await store().activations.count({ namespace, skip: 0 })).toBe(0);
  });
}
