import { expect, test } from 'bun:test';
import { run } from '../../../src/sandbox/run.ts';

test('a program is started in the root folder, not where the node was, whose files Bun would read', async () => {
  expect(await run(['/bin/pwd'], 5_000)).toEqual({ code: 0, output: '/\n', errors: '' });
});
