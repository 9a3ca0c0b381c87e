import { describe, expect, test } from 'bun:test';
import { Cleanup } from '../../bench/process/cleanup.ts';
import { memoryOf } from '../../bench/process/memory.ts';
import { Program } from '../../bench/process/program.ts';

describe('a program', () => {
  test('is heard and told line by line', async () => {
    const program = new Program(['sh', '-c', 'echo one; echo two; read line; echo "$line"']);
    expect([await program.line(), await program.line()]).toEqual(['one', 'two']);
    program.tell('three');
    expect(await program.line()).toBe('three');
    await program.end();
  });

  test('that ends before it has spoken is an error with its own words', async () => {
    const program = new Program(['sh', '-c', 'echo "no such file" >&2; exit 1']);
    await expect(program.line()).rejects.toThrow('no such file');
  });

  test('does not inherit settings of a node', async () => {
    process.env.WHISKLET_PORT = '1';
    const program = new Program(['sh', '-c', 'echo "port $WHISKLET_PORT"']);
    delete process.env.WHISKLET_PORT;
    expect(await program.line()).toBe('port ');
    await program.end();
  });
});

test('what was begun is taken away in the opposite order, also when a step fails', async () => {
  const done: string[] = [];
  const cleanup = new Cleanup();
  cleanup.add(() => done.push('first'));
  cleanup.add(() => {
    throw new Error('stuck');
  });
  cleanup.add(async () => done.push('last'));
  await expect(cleanup.run()).rejects.toThrow('stuck');
  expect(done).toEqual(['last', 'first']);
  await cleanup.run();
});

test('who is interrupted while taking away waits for the same end', async () => {
  const step = Promise.withResolvers<void>();
  const cleanup = new Cleanup();
  cleanup.add(() => step.promise);
  const ends = [cleanup.run(), cleanup.run()];
  expect(ends[0]).toBe(ends[1] as Promise<void>);
  step.resolve();
  await Promise.all(ends);
});

test('memory of a process is told in megabytes', () => {
  const { rss, pss } = memoryOf(process.pid);
  expect(rss).toBeGreaterThan(10);
  expect(rss).toBeLessThan(10_000);
  expect(pss).toBeLessThanOrEqual(rss);
});
