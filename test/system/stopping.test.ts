import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { findTraces as findContainers } from '../util/docker-sandbox.ts';
import { processesWith } from '../util/host-processes.ts';
import { findTraces as findGroups } from '../util/local-sandbox.ts';
import { sandboxes, TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/** How nodes end, asked to or killed, and what the next one on the same data finds. */

const traces = { local: findGroups, docker: findContainers };
const STARTED_MS = 30_000;

describe.each(sandboxes())('a node with the %s sandbox', (sandbox) => {
  let node: TestNode;
  let marker: string;

  /** Answers after `ms`; its processes can be told from all others on this host. */
  const slow = () => `const { spawn } = require('child_process');
    function main({ ms }) {
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${marker}'], { stdio: 'ignore' });
      console.log('begins');
      return new Promise((r) => setTimeout(r, ms, { done: true }));
    }`;

  const isBusy = async () => (await node.pool()).active === 1 && processesWith(marker).length > 0;
  const records = async () => (await node.ask('GET', 'activations?docs=true')).json;

  beforeEach(async () => {
    node = new TestNode({ sandbox });
    await node.start();
    marker = `child-of-${node.process.pid}-`;
    await node.put('slow', slow());
  }, STARTED_MS);
  afterEach(() => node.end(), STARTED_MS);

  test('drains at SIGTERM: what runs is answered and recorded, what comes is refused, and nothing is left', async () => {
    const { address } = node;
    const running = node.invoke('slow', { ms: 1000 });
    await until('it runs', isBusy);
    const stopped = node.stop('SIGTERM');
    await Bun.sleep(100);
    const late = await fetch(`${address}/ping`).then(
      ({ status }) => status,
      () => 'refused',
    );
    const { status, json } = await running;
    expect([status, json.response.result]).toEqual([200, { done: true }]);
    const { exit, out } = await stopped;
    expect([exit, late]).toEqual([0, 200]);
    expect(out).toEndWith('Stopped.\n');
    expect(processesWith(marker)).toEqual([]);
    expect(await traces[sandbox](node.dataDir)).toEqual([]);
    await node.start();
    expect(await records()).toEqual([json]);
  });

  test('refuses new work while it drains, with 503 (ERR-09, INV-20)', async () => {
    const running = node.invoke('slow', { ms: 1000 });
    await until('it runs', isBusy);
    process.kill(node.process.pid, 'SIGTERM');
    await until('it drains', async () => {
      const { status, json } = await node.ask('POST', 'actions/slow', { body: {} });
      return status === 503 && json.error === 'The node is stopping and takes no new work. Try again in a moment.';
    });
    expect((await running).status).toBe(200);
  });

  test('waits no longer than it may, and records what it then ended', async () => {
    await node.restart('SIGTERM', '--drain-timeout', '300ms');
    const running = node.invoke('slow', { ms: 60_000 }).catch(() => undefined);
    await until('it runs', isBusy);
    const began = performance.now();
    expect((await node.stop('SIGTERM')).exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    await running;
    expect(processesWith(marker)).toEqual([]);
    expect(await traces[sandbox](node.dataDir)).toEqual([]);
    await node.start();
    const [record] = await records();
    expect(record).toMatchObject({ name: 'slow', response: { success: false } });
  });

  test('stops at once at a second signal', async () => {
    const running = node.invoke('slow', { ms: 60_000 }).catch(() => undefined);
    await until('it runs', isBusy);
    const began = performance.now();
    process.kill(node.process.pid, 'SIGTERM');
    await Bun.sleep(200);
    expect((await node.stop('SIGINT')).exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    await running;
    expect(processesWith(marker)).toEqual([]);
  });

  test('that is killed leaves nothing behind once the next one runs', async () => {
    const running = node.invoke('slow', { ms: 60_000 }).catch(() => undefined);
    await until('it runs', isBusy);
    const before = await traces[sandbox](node.dataDir);
    await node.restart('SIGKILL', '--stem-cells', '0');
    await running;
    await until('nothing of it runs', () => processesWith(marker).length === 0);
    const left = new Set(await traces[sandbox](node.dataDir));
    expect(before.filter((trace) => left.has(trace))).toEqual([]);
    expect((await node.invoke('slow', { ms: 0 })).status).toBe(200);
  });
});
