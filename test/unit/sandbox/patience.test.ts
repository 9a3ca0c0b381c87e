import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { endsSteadily, Patience } from '../../../src/sandbox/docker/patience.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

async function settle(): Promise<void> {
  for (let n = 0; n < 20; n++) await Promise.resolve();
}

describe('patience', () => {
  const never = new Promise<number>(() => undefined);

  test('hands on what is answered in time, well or not', async () => {
    const patience = new Patience();
    expect(await patience.for(Promise.resolve(1), 100)).toBe(1);
    await expect(patience.for(Promise.reject(new Error('no')), 100)).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('ends after its time', async () => {
    const waiting = new Patience().for(never, 2_500).catch(String);
    jest.advanceTimersByTime(2_500);
    expect(await waiting).toBe('Error: it did not answer within 2.5 s');
  });

  test('has no end of its own where none is given', async () => {
    const patience = new Patience();
    const waiting = patience.for(never, Number.POSITIVE_INFINITY).catch(String);
    expect(jest.getTimerCount()).toBe(0);
    patience.giveUp(new Error('enough'));
    expect(await waiting).toBe('Error: enough');
  });

  test('that is given up is over for all who wait, and for those who come later', async () => {
    const patience = new Patience();
    const waiting = [1, 2].map(() => patience.for(never, 1_000).catch(String));
    patience.giveUp(new Error('enough'));
    expect(await Promise.all(waiting)).toEqual(['Error: enough', 'Error: enough']);
    expect(await patience.for(never, 1_000).catch(String)).toBe('Error: enough');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('work', () => {
  test('that is none has ended', async () => {
    expect(await endsSteadily([], 100)).toBe(true);
  });

  test('is waited for as long as something of it ends, however long that takes', async () => {
    const work = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const ended = endsSteadily(
      work.map(({ promise }) => promise),
      100,
    );
    for (const [index, { resolve, reject }] of work.entries()) {
      jest.advanceTimersByTime(90);
      if (index === 1) reject(new Error('also an end'));
      else resolve();
      await settle();
    }
    expect(await ended).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('of which nothing ends is not waited for', async () => {
    const work = [1, 2].map(() => Promise.withResolvers<void>());
    const ended = endsSteadily(
      work.map(({ promise }) => promise),
      100,
    );
    jest.advanceTimersByTime(90);
    work[0]?.resolve();
    await settle();
    jest.advanceTimersByTime(100);
    expect(await ended).toBe(false);
  });
});
