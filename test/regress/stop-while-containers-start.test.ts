import { expect, test } from 'bun:test';
import { findTraces as findContainers } from '../util/docker-sandbox.ts';
import { findTraces as findGroups } from '../util/local-sandbox.ts';
import { sandboxes, TestNode } from '../util/node.ts';

/** A node that was stopped while containers were being created ended before them, and left them behind. */
const traces = { local: findGroups, docker: findContainers };

test.each(sandboxes())(
  'a node with the %s sandbox that is stopped while containers start leaves none',
  async (name) => {
    await using node = new TestNode({ sandbox: name, args: ['--stem-cells', '4', '--log-level', 'warn'] });
    for (let n = 0; n < 3; n++) {
      await node.start();
      await Bun.sleep(n * 50);
      expect(await node.stop()).toMatchObject({ exit: 0, err: '' });
      expect(await traces[name](node.dataDir)).toEqual([]);
    }
  },
);
