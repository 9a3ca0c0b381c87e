import { expect, test } from 'bun:test';
import { descendantsOf } from '../../../bench/process/memory.ts';

test('the processes of a container are all below the one that was started', async () => {
  const child = Bun.spawn(['sh', '-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const reader = child.stdout.getReader();
  const grandchild = Number(new TextDecoder().decode((await reader.read()).value));
  expect(descendantsOf(process.pid)).toEqual(expect.arrayContaining([child.pid, grandchild]));
  expect(descendantsOf(child.pid)).toEqual([grandchild]);
  process.kill(grandchild);
  await child.exited;
});
