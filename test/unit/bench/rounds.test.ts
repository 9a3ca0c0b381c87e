import { expect, test } from 'bun:test';
import { alternate, repeat } from '../../../bench/measure/rounds.ts';

test('every round measures all, and begins with another one than the round before', async () => {
  const order: string[] = [];
  const meter = (name: string) => async () => {
    order.push(name);
    return [order.length];
  };
  const rounds: number[] = [];
  const measured = await alternate(3, { a: meter('a'), b: meter('b') }, (round) => rounds.push(round));
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(measured).toEqual({ a: [[1], [4], [5]], b: [[2], [3], [6]] });
  expect(rounds).toEqual([1, 2, 3]);
});

test('what is repeated is done one after the other', async () => {
  let running = 0;
  const samples = await repeat(3, async () => {
    running++;
    await Promise.resolve();
    return running--;
  });
  expect(samples).toEqual([1, 1, 1]);
});
