import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { BusAway } from '../../../src/cluster/bus.ts';
import { Lane, type Parcel } from '../../../src/cluster/lane.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A lane whose batches are ended by hand. */
function open(maxBytes = 1_000) {
  const batches: { sizes: number[]; ends: PromiseWithResolvers<void> }[] = [];
  const lane = new Lane(
    (batch: readonly Parcel[]) => {
      const ends = Promise.withResolvers<void>();
      batches.push({ sizes: batch.map(({ value }) => value.byteLength), ends });
      return ends.promise;
    },
    () => maxBytes,
  );
  const push = (bytes: number, limitMs = 1_000) => lane.push({ partition: 0, value: new Uint8Array(bytes) }, limitMs);
  return { batches, push };
}
const turns = async () => {
  for (let n = 0; n < 10; n++) await Promise.resolve();
};

describe('a lane', () => {
  test('sends one batch at a time, each with all that came since the one before', async () => {
    const { batches, push } = open();
    const first = [push(1), push(2)];
    await turns();
    const second = [push(3), push(4), push(5)];
    await turns();
    expect(batches.map(({ sizes }) => sizes)).toEqual([[1, 2]]);
    batches[0]?.ends.resolve();
    await Promise.all(first);
    await turns();
    expect(batches.map(({ sizes }) => sizes)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    batches[1]?.ends.resolve();
    await Promise.all(second);
  });

  test('makes no batch that is longer than a message may be, unless it is one message', async () => {
    const { batches, push } = open(1_000);
    const pushed = [400, 400, 400, 5_000, 1].map((bytes) => push(bytes));
    for (let n = 0; n < 4; n++) {
      await turns();
      batches[n]?.ends.resolve();
    }
    await Promise.all(pushed);
    expect(batches.map(({ sizes }) => sizes)).toEqual([[400, 400], [400], [5_000], [1]]);
  });

  test('a batch that fails fails for all in it, and the next one goes on', async () => {
    const { batches, push } = open();
    const failed = [push(1), push(2)].map((each) => each.catch((error: Error) => error));
    await turns();
    const after = push(3);
    batches[0]?.ends.reject(new Error('broken'));
    expect(await Promise.all(failed)).toEqual([new BusAway('broken'), new BusAway('broken')]);
    await turns();
    batches[1]?.ends.resolve();
    await after;
  });

  test('who waits too long is told so, and what was not on its way is not sent any more', async () => {
    const { batches, push } = open();
    const onItsWay = push(1).catch((error: Error) => error);
    await turns();
    const inLine = push(2).catch((error: Error) => error);
    jest.advanceTimersByTime(1_000);
    expect(await onItsWay).toBeInstanceOf(BusAway);
    expect(await inLine).toBeInstanceOf(BusAway);
    batches[0]?.ends.resolve();
    await turns();
    expect(batches).toHaveLength(1);
  });
});
