import { describe, expect, test } from 'bun:test';
import { ANSWER_US, Payoff, Vigil } from '../../../src/protocol/awake.ts';

const LATE = ANSWER_US + 1;

describe('staying awake for an answer', () => {
  test('is tried at once', () => {
    expect(new Payoff().isWorthIt()).toBe(true);
  });

  test('goes on while answers are in time', () => {
    const payoff = new Payoff();
    for (let n = 0; n < 1000; n++) payoff.answered(ANSWER_US);
    expect(payoff.isWorthIt()).toBe(true);
  });

  test('goes on when one answer of many is late', () => {
    const payoff = new Payoff();
    for (let n = 0; n < 1000; n++) payoff.answered(n % 20 === 19 ? LATE : 50);
    expect(payoff.isWorthIt()).toBe(true);
  });

  test('is left for a hundred calls when answers are late, and tried again', () => {
    const payoff = new Payoff();
    payoff.answered(LATE);
    const asked = Array.from({ length: 101 }, () => payoff.isWorthIt());
    expect(asked.indexOf(true)).toBe(100);
  });
});

describe('a loop that is kept turning', () => {
  test('gives way to others in each turn, and stops at its end', async () => {
    let turns = 0;
    let given = 0;
    const vigil = new Vigil(() => given++);
    vigil.keep(60_000_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    const count = () => {
      turns++;
      if (turns < 20) setImmediate(count);
      else resolve();
    };
    setImmediate(count);
    await promise;
    expect(given).toBeGreaterThanOrEqual(19);
    vigil.end();
    await new Promise((done) => setImmediate(done));
    const after = given;
    for (let n = 0; n < 5; n++) await new Promise((done) => setImmediate(done));
    expect(given).toBe(after);
  });
});
