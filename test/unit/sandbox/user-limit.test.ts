import { expect, test } from 'bun:test';
import { tasksOf } from '../../../src/sandbox/local/processes.ts';
import { limitOfUser, setProcessLimit } from '../../../src/sandbox/local/user-limit.ts';
import { run } from '../../../src/sandbox/run.ts';

const uid = process.getuid?.() ?? 0;

/** The limit of a program that was started after `step` by a shell. */
async function limitAfter(step: string): Promise<number> {
  const { output } = await run(['/bin/sh', '-c', `${step}; cat /proc/self/limits`], 5_000);
  return Number(/^Max processes +(\d+)/m.exec(output)?.[1] ?? Number.POSITIVE_INFINITY);
}

test('a program that is started with it has the limit', async () => {
  const limit = limitOfUser(500);
  expect(await limitAfter(setProcessLimit(limit))).toBe(limit);
});

test('it is what the user has now, and so many more', () => {
  const limit = limitOfUser(500);
  // Some may come and go meanwhile.
  expect(Math.abs(limit - tasksOf(uid) - 500)).toBeLessThan(100);
});

test('nobody gets more than this process may have', async () => {
  const own = await limitAfter(':');
  expect(limitOfUser(Number.MAX_SAFE_INTEGER)).toBeLessThanOrEqual(own);
});
