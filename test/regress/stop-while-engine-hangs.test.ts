import { expect, test } from 'bun:test';
import { docker } from '../util/docker.ts';
import { findTraces } from '../util/docker-sandbox.ts';
import { EngineProxy } from '../util/engine-proxy.ts';
import { need } from '../util/need.ts';
import { TestNode } from '../util/node.ts';
import { until } from '../util/until.ts';

/**
 * A node that was stopped while the Docker engine hung, or was away, waited for it: a minute for each question, and
 * without end for a container that was to be removed.
 */
if (need('Docker engine', docker)) {
  test('a node whose engine hangs stops in time, records what ran, and the next one sweeps what it left', async () => {
    const proxy = await EngineProxy.start();
    try {
      const args = ['--docker-socket', proxy.address, '--drain-timeout', '200ms'];
      await using node = new TestNode({ sandbox: 'docker', args });
      await node.start();
      await node.put('slow', 'function main({ ms }) { return new Promise((r) => setTimeout(r, ms, {})); }');
      await node.invoke('slow', { ms: 0 });
      const running = node.invoke('slow', { ms: 60_000 });
      await until('it runs', async () => (await node.pool()).active === 1);
      const before = await findTraces(node.dataDir);
      proxy.hang();
      const began = performance.now();
      expect((await node.stop('SIGTERM')).exit).toBe(0);
      expect(performance.now() - began).toBeLessThan(18_000);
      const { status, json } = await running;
      expect([status, json.response.result.error]).toEqual([
        502,
        'The action did not produce a valid response and exited unexpectedly.',
      ]);
      proxy.recover();
      await node.start();
      const left = await findTraces(node.dataDir);
      expect(before.filter((name) => left.includes(name))).toEqual([]);
      expect((await node.ask('GET', `activations/${json.activationId}`)).json).toEqual(json);
    } finally {
      proxy.close();
    }
  }, 60_000);
}
