import { expect, test } from 'bun:test';
import {
  childrenOf,
  isRunning,
  isStopped,
  parentOf,
  processesCarrying,
  proportionalBytes,
  residentBytes,
  startOf,
  tasksOf,
} from '../../../src/sandbox/local/processes.ts';
import { until } from '../../util/until.ts';

/** Above what Linux gives to any process. */
const NOBODY = 4_194_305;

test('this process is seen as it is', () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isStopped(process.pid)).toBe(false);
  expect(parentOf(process.pid)).toBe(process.ppid);
  expect(Number(startOf(process.pid))).toBeGreaterThan(0);
});

test('its memory is a little less when shared pages count in parts', () => {
  const megabyte = 1024 * 1024;
  expect(residentBytes(process.pid)).toBeGreaterThan(10 * megabyte);
  expect(proportionalBytes(process.pid)).toBeGreaterThan(megabyte);
  expect(proportionalBytes(process.pid)).toBeLessThanOrEqual(residentBytes(process.pid) + megabyte);
});

test('those of a user are counted with their threads', () => {
  // A worker and the collector of garbage are threads of this process.
  expect(tasksOf(process.getuid?.() ?? 0)).toBeGreaterThan(1);
  expect(tasksOf(4_000_000_000)).toBe(0);
});

test('a process that is gone has nothing', () => {
  expect(isRunning(NOBODY)).toBe(false);
  expect(parentOf(NOBODY)).toBeUndefined();
  expect(startOf(NOBODY)).toBeUndefined();
  expect(residentBytes(NOBODY)).toBe(0);
  expect(proportionalBytes(NOBODY)).toBe(0);
});

test('children are found, and those that inherited a text in their environment', async () => {
  const mark = `MARK=${crypto.randomUUID()}`;
  const child = Bun.spawn(['sh', '-c', 'read line; :'], { stdio: ['pipe', 'ignore', 'ignore'], env: { MARK: mark } });
  try {
    expect(childrenOf(process.pid)).toContain(child.pid);
    // It has none for a moment while it becomes the shell.
    await until('it has its environment', () => [...processesCarrying(mark)].length > 0);
    expect([...processesCarrying(mark)]).toEqual([child.pid]);
  } finally {
    child.kill('SIGKILL');
    await child.exited;
  }
  expect([...processesCarrying(mark)]).toEqual([]);
});
