import { expect, test } from 'bun:test';
import { TestNode } from '../util/node.ts';

/** A node that was stopped while it started stem cells warned of each that it "did not start". */
test('a node that is stopped while containers start says nothing of them', async () => {
  await using node = new TestNode({ args: ['--stem-cells', '4', '--log-level', 'warn'] });
  await node.start();
  expect(Object.values((await node.pool()).byKind).some(({ starting }) => starting)).toBe(true);
  expect(await node.stop()).toMatchObject({ exit: 0, err: '' });
});
