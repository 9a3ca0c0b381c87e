import { beforeEach, describe, expect, test } from 'bun:test';
import { Throttle } from '../../../src/auth/throttle.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { systemLimits } from '../../../src/model/limits.ts';
import { Refusal } from '../../../src/model/refusal.ts';

let now: number;
let throttle: Throttle;

const identity = (uuid: string, limits = {}): Identity => ({ subject: uuid, namespace: uuid, uuid, key: 'k', limits });
const refusalOf = (act: () => void): Refusal | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return error as Refusal;
  }
};

beforeEach(() => {
  now = 60_000 * 1000 + 45_000;
  throttle = new Throttle(
    { ...systemLimits, invocationsPerMinute: 2, firesPerMinute: 1, concurrentInvocations: 2 },
    () => now,
  );
});

describe('a minute', () => {
  test('ends with the calendar’s minute, and refusals say when that is (LIM-13)', () => {
    const guest = identity('guest');
    throttle.invocation(guest);
    throttle.invocation(guest);
    const refusal = refusalOf(() => throttle.invocation(guest));
    expect(refusal?.message).toBe('Too many requests in the last minute (count: 3, allowed: 2).');
    expect(refusal?.headers['Retry-After']).toBe('15');
    now += 15_000;
    expect(refusalOf(() => throttle.invocation(guest))).toBeUndefined();
  });

  test('charges what it refuses, too (TRAP-09)', () => {
    const guest = identity('guest');
    for (let n = 0; n < 4; n++) refusalOf(() => throttle.invocation(guest));
    expect(refusalOf(() => throttle.invocation(guest))?.message).toContain('count: 5');
  });

  test('is each namespace’s own, with its own limit, and fires are apart from invocations', () => {
    throttle.invocation(identity('a'));
    throttle.invocation(identity('a'));
    expect(refusalOf(() => throttle.invocation(identity('b')))).toBeUndefined();
    expect(refusalOf(() => throttle.fire(identity('a')))).toBeUndefined();
    expect(refusalOf(() => throttle.fire(identity('a')))?.status).toBe(429);
    expect(refusalOf(() => throttle.invocation(identity('c', { invocationsPerMinute: 0 })))?.message).toContain(
      'allowed: 0',
    );
  });
});

test('calls at once are counted from acceptance to their end (LIM-14)', () => {
  const guest = identity('guest', { invocationsPerMinute: 100 });
  throttle.began('guest');
  throttle.began('guest');
  expect(refusalOf(() => throttle.invocation(guest))?.message).toBe(
    'Too many concurrent requests in flight (count: 2, allowed: 2).',
  );
  throttle.ended('guest');
  expect(refusalOf(() => throttle.invocation(guest))).toBeUndefined();
});

test('an activation counts while it is taken on, too, also one that then is not (LIM-14)', async () => {
  const guest = identity('guest', { invocationsPerMinute: 100 });
  const written = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const taken = written.map(({ promise }) => throttle.whileTaken('guest', () => promise));
  expect(refusalOf(() => throttle.invocation(guest))?.message).toContain('(count: 2, allowed: 2)');
  written[0]?.resolve();
  await taken[0];
  expect(refusalOf(() => throttle.invocation(guest))).toBeUndefined();
  written[1]?.reject(new Error('away'));
  await expect(taken[1]).rejects.toThrow('away');
  throttle.began('guest');
  expect(refusalOf(() => throttle.invocation(guest))).toBeUndefined();
});
