import { describe, expect, test } from 'bun:test';
import { ANSWER_US, Payoff } from '../../../src/protocol/awake.ts';

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
